// Owns what is sent with CONNECT, and what its answers mean.
#include "client/connection/proxy_tunnel.hpp"

#include "http/field_grammar.hpp"
#include "http1/encoder.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace skein::client {

std::string words_of_refusal(const http1::response_head& head) {
    std::string words = std::to_string(head.status);
    if (!head.reason.empty()) words += " " + http::escaped(head.reason, 100);
    if (head.status != 407) return "answered " + words;
    const auto challenge = head.fields.get("Proxy-Authenticate");
    words = "wants credentials: " + words;
    return challenge ? words + " (" + http::escaped(*challenge, 200) + ")" : words;
}

namespace {
http1::parser_limits for_heads_only(http1::parser_limits limits) noexcept {
    limits.max_head_bytes = std::min(limits.max_head_bytes, proxy_tunnel::most_head_bytes);
    return limits;
}
}  // namespace

proxy_tunnel::proxy_tunnel(const tunnel_request& what, const http1::parser_limits& limits)
    : limits_(for_heads_only(limits)), parser_(limits_) {
    headers fields;
    if (what.user_agent) fields.append("User-Agent", *what.user_agent);
    if (what.authorization) fields.append("Proxy-Authorization", *what.authorization);
    http1::request_head head;
    head.method = "CONNECT";
    head.target = what.authority;
    head.host = what.authority;
    head.fields = &fields;
    std::string text;
    http1::encode_head(text, head);
    say(text);
    parser_.begin(http1::request_kind::connect, answer_);
}

void proxy_tunnel::take(byte_view& data) {
    for (;;) switch (parser_.next(data)) {
            case http1::event::need_data:
                return;
            case http1::event::interim:
                break;
            case http1::event::head: {
                if (parser_.tunnel()) return open();
                auto& head = answer_.head;
                std::string words = "refused a tunnel: it " + words_of_refusal(head);
                return fail(head.status, std::move(head.fields), std::move(words));
            }
            case http1::event::failed:
                return fail("broke HTTP: " + parser_.why().message);
            case http1::event::body:
            case http1::event::end:
                return fail("gave no answer");
        }
}

}  // namespace skein::client
