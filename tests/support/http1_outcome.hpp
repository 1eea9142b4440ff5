// Everything that one response came to, for comparison between deliveries of the same bytes.
#pragma once

#include "http1/parser.hpp"

#include <skein/bytes.hpp>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace http1_test {

using skein::http1::ending;
using skein::http1::event;
using skein::http1::failure;
using skein::http1::failure_kind;
using skein::http1::framing;
using skein::http1::parser;
using skein::http1::parser_limits;
using skein::http1::request_kind;
using skein::http1::response_head;

enum class then : std::uint8_t { stay_open, close, reset };

struct outcome {
    bool ok = false;
    bool waiting = false;  // neither complete nor failed
    failure_kind kind = failure_kind::none;
    int status = 0;
    std::string head;  // version, reason, fields
    std::string body;
    std::string trailers;
    std::string interims;
    std::string rest;  // input behind the response
    bool reusable = false;
    bool surplus = false;
    bool tunnel = false;

    friend bool operator==(const outcome&, const outcome&) = default;
};

inline std::string dump(const skein::headers& fields) {
    std::string out;
    for (auto [name, value] : fields) out.append(name).append(": ").append(value).append("\n");
    return out;
}

inline std::string dump(const response_head& head) {
    return std::string(to_string(head.version)) + ' ' + std::to_string(head.status) + ' ' + head.reason +
           '\n' + dump(head.fields);
}

inline std::ostream& operator<<(std::ostream& out, const outcome& o) {
    out << (o.ok        ? "ok"
            : o.waiting ? "waiting"
                        : "failed")
        << " kind=" << static_cast<int>(o.kind) << " status=" << o.status << " body=" << o.body.size()
        << " reusable=" << o.reusable << " surplus=" << o.surplus << " tunnel=" << o.tunnel
        << " rest=" << o.rest.size() << '\n'
        << o.head << o.interims << o.trailers;
    return out;
}

/// One exchange on `p`: the response arrives in `pieces`. `message`, if asked for, becomes why it failed.
inline outcome run(parser& p, request_kind kind, const std::vector<std::string_view>& pieces,
                   then last = then::stay_open, std::string* message = nullptr) {
    outcome o;
    skein::http1::message into;
    bool over = false;
    const auto step = [&](event e) {
        switch (e) {
            case event::need_data:
                return false;
            case event::interim:
                o.interims += dump(p.head());
                return true;
            case event::head:
                o.status = p.head().status;
                o.head = dump(p.head());
                return true;
            case event::body:
                o.body += skein::as_text(p.piece());
                return true;
            case event::end:
                o.ok = true;
                over = true;
                return false;
            case event::failed:
                o.ok = false;
                over = true;
                return false;
        }
        return false;
    };
    p.begin(kind, into);
    for (const std::string_view piece : pieces) {
        auto in = skein::as_bytes(piece);
        while (step(p.next(in))) {}
        if (over && !o.ok) break;
        if (over) o.rest += skein::as_text(in);
    }
    skein::byte_view none;
    while (!over && step(p.next(none))) {}
    if (last != then::stay_open && !(over && !o.ok))
        step(p.finish(last == then::close ? ending::orderly : ending::reset));
    o.waiting = !over;
    if (over && !o.ok) {
        o.kind = p.why().kind;
        if (message != nullptr) *message = p.why().message;
    }
    o.trailers = dump(into.trailers);
    o.reusable = p.reusable();
    o.surplus = p.surplus();
    o.tunnel = p.tunnel();
    return o;
}

inline outcome run(request_kind kind, std::string_view bytes, then last = then::stay_open,
                   std::string* message = nullptr) {
    parser p;
    return run(p, kind, {bytes}, last, message);
}

}  // namespace http1_test
