// Owns the words for trace events.
#include "verbose.hpp"

#include "text.hpp"

#include <skein/headers.hpp>
#include <skein/http_version.hpp>
#include <skein/url.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

namespace get {

namespace {

using skein::trace_event;
using skein::trace_kind;

bool names_a_url(std::string_view header) {
    skein::headers field;
    field.append(header, "");
    return field.contains("Location") || field.contains("Content-Location") || field.contains("Referer");
}

class lines {
public:
    lines(const trace_event& event, const std::function<void(const std::string&)>& say)
        : event_(event), say_(say), number_("[" + std::to_string(event.request) + "] ") {}

    void body_sent(std::uint64_t bytes) const {
        note("sent " + std::to_string(bytes) + " bytes of the body");
    }
    void tell() const {
        switch (event_.kind) {
            case trace_kind::request_start:
                return note("asks for " + std::string(event_.url));
            case trace_kind::connection_queued_start:
                return note("waits for a free connection");
            case trace_kind::dns_resolvehost_start:
                return note("looks up " + text());
            case trace_kind::dns_resolvehost_end:
                return note("the name has " + std::to_string(event_.count) +
                            (event_.count == 1 ? " address" : " addresses"));
            case trace_kind::proxy_tunnel_start:
                return note("asks the proxy " + text() + " for a tunnel");
            case trace_kind::tls_handshake_end:
                return note("encrypted: " + text());
            case trace_kind::connection_create_end:
                return note("connected to " + text() +
                            (event_.via.empty() ? "" : ", the proxy " + std::string(event_.via)));
            case trace_kind::connection_reuseconn:
                return note("uses the connection to " + text() + " again");
            case trace_kind::request_headers_sent:
                return request();
            case trace_kind::response_head:
                return response();
            case trace_kind::request_redirect:
                return note("goes on to " + text());
            case trace_kind::request_retry:
                return note("will be sent again: " + text());
            case trace_kind::response_end:
                return note("done, " + std::to_string(event_.count) + " bytes of body");
            case trace_kind::request_exception:
                return note("failed: " + text());
            default:
                return;  // said by another, or too often to be said
        }
    }

private:
    std::string text() const { return std::string(event_.text); }
    void line(const char* mark, const std::string& what) const { say_(printable(number_ + mark + what)); }
    void note(const std::string& what) const { line("* ", what); }

    void request() const {
        const auto url = skein::url::try_parse(event_.url);
        line("> ",
             std::string(event_.method) + " " + std::string(url ? url->target() : event_.url) + " HTTP/1.1");
        fields("> ");
    }
    void response() const {
        std::string first = std::string(to_string(event_.version)) + " " + std::to_string(event_.status);
        if (!event_.text.empty()) first += " " + text();
        line("< ", first);
        fields("< ");
    }
    void fields(const char* mark) const {
        if (event_.fields == nullptr) return;
        for (const auto [name, value] : *event_.fields) {
            const std::string shown =
                names_a_url(name) ? without_secrets(value) : skein::masked_value(name, value);
            line(mark, std::string(name) + ": " + shown);
        }
    }

    const trace_event& event_;
    const std::function<void(const std::string&)>& say_;
    const std::string number_;
};

}  // namespace

skein::trace_function verbose_trace(std::function<void(const std::string& line)> say) {
    // Of the bodies that are being sent; pieces are many.
    auto sent = std::make_shared<std::map<std::uint64_t, std::uint64_t>>();
    return [say = std::move(say), sent](const trace_event& event) {
        const lines told(event, say);
        if (event.kind == trace_kind::request_chunk_sent) {
            (*sent)[event.request] += event.data.size();
        } else if (event.kind == trace_kind::response_head || event.kind == trace_kind::request_retry ||
                   event.kind == trace_kind::request_exception) {
            if (const auto body = sent->extract(event.request)) told.body_sent(body.mapped());
        }
        told.tell();
    };
}

}  // namespace get
