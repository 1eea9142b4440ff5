// Checks first, then writes: a request that is refused leaves no byte behind. That names are tokens and that
// values have no control bytes, the headers class has made sure of.
#include "http1/encoder.hpp"

#include "http/field_grammar.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <limits>
#include <stdexcept>

namespace skein::http1 {

namespace {

using http::equals_ignoring_case;

constexpr std::size_t max_method_bytes = 32;

[[noreturn]] void refuse(std::string_view rule, std::string_view text) {
    std::string message(rule);
    message += ": \"" + http::escaped(text) + '"';
    throw std::invalid_argument(message);
}

void append_number(std::string& out, std::uint64_t value, int base) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
    out.append(digits.data(), end);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

void require_method(std::string_view method) {
    if (!http::is_token(method)) refuse("request method: not a token", method);
    if (method.size() > max_method_bytes) refuse("request method: longer than 32 bytes", method);
}

// Which bytes a text may have.
using alphabet = std::array<bool, 256>;

template <class Fn>
constexpr alphabet alphabet_of(Fn has) {
    alphabet all{};
    for (int c = 0; c < 256; ++c) all[static_cast<std::size_t>(c)] = has(static_cast<char>(c));
    return all;
}

constexpr alphabet of_targets = alphabet_of([](char c) { return c > ' ' && c <= '~' && c != '#'; });

// uri-host [ ":" port ] (RFC 9110, section 7.2), its alphabet only: what it means, the URL knows.
constexpr alphabet of_hosts = alphabet_of([](char c) {
    const char lower = http::ascii_lower(c);
    return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z') ||
           std::string_view("-._~%!$&'()*+,;=:[]").find(c) != std::string_view::npos;
});

bool is_of(const alphabet& all, std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [&](char c) { return all[static_cast<unsigned char>(c)]; });
}

void require_target(std::string_view target) {
    if (target.empty()) throw std::invalid_argument("request target: must not be empty");
    if (!is_of(of_targets, target))
        refuse("request target: a byte that must be escaped, or a fragment", target);
}

void require_host(std::string_view host) {
    if (host.empty()) throw std::invalid_argument("Host: must not be empty");
    if (!is_of(of_hosts, host)) refuse("Host: not a host and port", host);
}

bool announces_empty_body(std::string_view method) noexcept {
    return method == "POST" || method == "PUT" || method == "PATCH";
}

// The caller's fields that the encoder has a say in.
struct special_fields {
    std::string_view host;
    bool has_host = false;
    bool has_length = false;
    bool close = false;
    bool keep_alive = false;
    bool upgrade = false;
    bool te = false;
};

enum class meaning : std::uint8_t { ordinary, host, length, transfer_encoding, connection, trailer };

meaning meaning_of(std::string_view name) noexcept {
    switch (name.size()) {
        case 4:
            return equals_ignoring_case(name, "Host") ? meaning::host : meaning::ordinary;
        case 7:
            return equals_ignoring_case(name, "Trailer") ? meaning::trailer : meaning::ordinary;
        case 10:
            return equals_ignoring_case(name, "Connection") ? meaning::connection : meaning::ordinary;
        case 14:
            return equals_ignoring_case(name, "Content-Length") ? meaning::length : meaning::ordinary;
        case 17:
            return equals_ignoring_case(name, "Transfer-Encoding") ? meaning::transfer_encoding
                                                                   : meaning::ordinary;
        default:
            return meaning::ordinary;
    }
}

void require_length(std::string_view value, const request_body& body) {
    std::array<char, 20> digits;
    const std::uint64_t size = body.how == request_body::kind::sized ? body.size : 0;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size).ptr;
    if (body.how == request_body::kind::chunked || value != std::string_view(digits.data(), end))
        refuse("Content-Length: does not say what the body is", value);
}

void take_connection(special_fields& special, std::string_view value) {
    http::for_each_in_list(value, [&](std::string_view option) {
        if (equals_ignoring_case(option, "close")) {
            special.close = true;
        } else if (equals_ignoring_case(option, "keep-alive")) {
            special.keep_alive = true;
        } else if (equals_ignoring_case(option, "upgrade")) {
            special.upgrade = true;
        } else if (equals_ignoring_case(option, "te")) {
            special.te = true;
        } else {  // it would have the next hop drop a field that the server is meant to see
            refuse("Connection: an option other than close, keep-alive, upgrade and TE", value);
        }
    });
}

special_fields check_fields(const headers& fields, const request_body& body) {
    special_fields special;
    for (auto [name, value] : fields) {
        switch (meaning_of(name)) {
            case meaning::host:
                if (special.has_host) refuse("Host: given twice", value);
                special.has_host = true;
                special.host = value;
                break;
            case meaning::length:
                if (special.has_length) refuse("Content-Length: given twice", value);
                special.has_length = true;
                require_length(value, body);
                break;
            case meaning::transfer_encoding:
                refuse("Transfer-Encoding: the library decides it", value);
            case meaning::connection:
                take_connection(special, value);
                break;
            case meaning::trailer:
                if (body.how != request_body::kind::chunked)
                    refuse("Trailer: only a chunked body has trailers", value);
                break;
            case meaning::ordinary:
                break;
        }
    }
    if (special.upgrade && !fields.contains("Upgrade"))
        throw std::invalid_argument("Connection: upgrade, without an Upgrade field");
    if (special.te && !fields.contains("TE"))
        throw std::invalid_argument("Connection: TE, without a TE field");
    if (special.close && special.keep_alive)
        throw std::invalid_argument("Connection: both close and keep-alive");
    return special;
}

void require_body(const request_head& head) {
    if (head.body.how == request_body::kind::none) return;
    if (head.method == "CONNECT" || head.method == "TRACE")
        refuse("request body: this method has none", head.method);
    if (head.body.how == request_body::kind::chunked && head.version == http_version::http_1_0)
        throw std::invalid_argument("request body: HTTP/1.0 knows no chunks");
    if (head.body.size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        throw std::invalid_argument("request body: longer than 2^63-1 bytes");
}

// The request line, Host, and the lines that are ready. All heads have these, so their room is made in one
// step.
void append_first_lines(std::string& out, const request_head& head, std::string_view host) {
    const std::string_view version =
        head.version == http_version::http_1_1 ? " HTTP/1.1\r\nHost: " : " HTTP/1.0\r\nHost: ";
    const std::size_t before = out.size();
    out.resize(before + head.method.size() + 1 + head.target.size() + version.size() + host.size() + 2 +
               head.plain_lines.size());
    char* at = out.data() + before;
    const auto put = [&at](std::string_view text) { at = std::copy(text.begin(), text.end(), at); };
    put(head.method);
    *at++ = ' ';
    put(head.target);
    put(version);
    put(host);
    *at++ = '\r';
    *at++ = '\n';
    put(head.plain_lines);
}

void append_framing(std::string& out, const request_head& head, const special_fields& special) {
    if (head.body.how == request_body::kind::chunked) {
        out += "Transfer-Encoding: chunked\r\n";
    } else if (!special.has_length &&
               (head.body.how == request_body::kind::sized || announces_empty_body(head.method))) {
        out += "Content-Length: ";
        append_number(out, head.body.size, 10);
        out += "\r\n";
    }
}

void append_connection(std::string& out, const special_fields& special) {
    std::string_view before = "Connection: ";
    const auto option = [&](bool wanted, std::string_view name) {
        if (!wanted) return;
        out.append(before).append(name);
        before = ", ";
    };
    option(special.close, "close");
    option(special.keep_alive, "keep-alive");
    option(special.upgrade, "upgrade");
    option(special.te, "TE");
    if (before == ", ") out += "\r\n";
}

}  // namespace

encoded_head encode_head(std::string& out, const request_head& head) {
    require_method(head.method);
    require_target(head.target);
    require_body(head);
    special_fields special;
    if (head.fields != nullptr) special = check_fields(*head.fields, head.body);
    if (!special.has_host) special.host = head.host;
    require_host(special.host);
    if (head.close && special.keep_alive)
        throw std::invalid_argument("Connection: keep-alive, though the connection is to be closed");
    special.close = special.close || head.close;

    append_first_lines(out, head, special.host);
    if (head.fields != nullptr) {
        for (auto [name, value] : *head.fields) {
            const meaning m = meaning_of(name);
            if (m != meaning::host && m != meaning::connection) append_field(out, name, value);
        }
    }
    append_framing(out, head, special);
    append_connection(out, special);
    out += "\r\n";
    return {.close = special.close, .upgrade = special.upgrade};
}

std::optional<std::string> encode_plain_fields(const headers& fields) {
    std::string lines;
    for (auto [name, value] : fields) {
        if (meaning_of(name) != meaning::ordinary) return std::nullopt;
        append_field(lines, name, value);
    }
    return lines;
}

void encode_chunk_head(std::string& out, std::uint64_t size) {
    assert(size != 0);
    append_number(out, size, 16);
    out += "\r\n";
}

void encode_last_chunk(std::string& out, const headers& trailers) {
    constexpr std::array<std::string_view, 18> forbidden = {"Transfer-Encoding",
                                                            "Content-Length",
                                                            "Host",
                                                            "Connection",
                                                            "Trailer",
                                                            "TE",
                                                            "Upgrade",
                                                            "Cache-Control",
                                                            "Expect",
                                                            "Max-Forwards",
                                                            "Range",
                                                            "Content-Encoding",
                                                            "Content-Type",
                                                            "Content-Range",
                                                            "Authorization",
                                                            "Cookie",
                                                            "Set-Cookie",
                                                            "Proxy-Authorization"};
    for (auto [name, value] : trailers)
        for (const std::string_view word : forbidden)
            if (equals_ignoring_case(name, word)) refuse("trailer: this field must not be one", name);
    out += "0\r\n";
    for (auto [name, value] : trailers) append_field(out, name, value);
    out += "\r\n";
}

}  // namespace skein::http1
