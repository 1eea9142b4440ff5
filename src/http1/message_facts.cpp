// The rules of framing and persistence. Where RFC 9112 leaves room, the stricter reading: a message that two
// parsers could read differently is no message.
#include "http1/message_facts.hpp"

#include "http/field_grammar.hpp"

#include <cstring>
#include <limits>

namespace skein::http1 {

namespace {

// Nearly every server spells these words alike: that is seen with two or three comparisons.
template <std::size_t N>
bool is(std::string_view text, const char (&word)[N]) noexcept {
    constexpr std::size_t size = N - 1;
    if (text.size() != size) return false;
    return std::memcmp(text.data(), word, size) == 0 || http::equals_ignoring_case(text, {word, size});
}

constexpr std::uint64_t max_length = std::numeric_limits<std::int64_t>::max();

// Digits only; what is above 2^63-1 is no length.
std::optional<std::uint64_t> parse_length(std::string_view text) noexcept {
    if (text.empty()) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (value > (max_length - digit) / 10) return std::nullopt;
        value = value * 10 + digit;
    }
    return value;
}

}  // namespace

message_facts::field message_facts::classify_candidate(std::string_view name) noexcept {
    switch (name.size()) {
        case 7:
            return is(name, "Upgrade") ? field::upgrade : field::other;
        case 10:
            if (is(name, "Connection")) return field::connection;
            if (is(name, "Set-Cookie")) return field::set_cookie;
            return is(name, "Keep-Alive") ? field::keep_alive : field::other;
        case 14:
            return is(name, "Content-Length") ? field::content_length : field::other;
        case 16:
            return is(name, "Content-Encoding") ? field::content_encoding : field::other;
        case 17:
            return is(name, "Transfer-Encoding") ? field::transfer_encoding : field::other;
        default:
            return field::other;
    }
}

const char* message_facts::add(field which, std::string_view value) noexcept {
    switch (which) {
        case field::content_length:
            if (content_length) return "more than one Content-Length";
            content_length = parse_length(value);
            return content_length ? nullptr : "Content-Length is not a number from 0 to 2^63-1";
        case field::transfer_encoding:
            if (transfer_encoding) return "more than one Transfer-Encoding";
            transfer_encoding = true;
            return is(value, "chunked") ? nullptr : "Transfer-Encoding is not just chunked";
        case field::connection:
            if (is(value, "keep-alive")) {
                keep_alive = true;
                return nullptr;
            }
            http::for_each_in_list(value, [&](std::string_view option) {
                close = close || is(option, "close");
                keep_alive = keep_alive || is(option, "keep-alive");
            });
            return nullptr;
        case field::keep_alive:
            add_keep_alive(value);
            return nullptr;
        case field::content_encoding:
            content_encoding = true;
            return nullptr;
        case field::set_cookie:
            set_cookie = true;
            return nullptr;
        case field::upgrade:
        case field::other:
            return nullptr;
    }
    return nullptr;
}

// "timeout=5, max=100"; what is not understood is ignored, for the field is a hint.
void message_facts::add_keep_alive(std::string_view value) noexcept {
    keep_alive_timeout.reset();
    http::for_each_in_list(value, [&](std::string_view parameter) {
        const std::size_t equals = parameter.find('=');
        if (equals == parameter.npos) return;
        const auto name = http::trim_blanks(parameter.substr(0, equals));
        const auto number = parse_length(http::trim_blanks(parameter.substr(equals + 1)));
        if (!number) return;
        if (is(name, "max")) exhausted = *number == 0;
        if (is(name, "timeout") && *number <= std::numeric_limits<std::int32_t>::max())
            keep_alive_timeout.emplace(static_cast<std::int32_t>(*number));
    });
}

message_facts::verdict message_facts::decide(request_kind kind, int status,
                                             http_version version) const noexcept {
    if (status == 101 && kind != request_kind::upgrade)
        return {.violation = "101 Switching Protocols, though no upgrade was asked for"};
    if (transfer_encoding && content_length)
        return {.violation = "both Transfer-Encoding and Content-Length"};
    if (transfer_encoding && version == http_version::http_1_0)
        return {.violation = "Transfer-Encoding in HTTP/1.0"};
    if (is_bodiless(kind, status)) {
        const bool opened = kind == request_kind::connect && status >= 200 && status < 300;
        return {.tunnel = opened || status == 101};
    }
    if (transfer_encoding) return {.framing = framing::chunked};
    if (content_length) return {.framing = framing::length};
    return {.framing = framing::until_close};
}

bool message_facts::persistent(int status, http_version version) const noexcept {
    if (close || exhausted || (version == http_version::http_1_0 && !keep_alive)) return false;
    // A server that frames a body where none may be sends it, too, sooner or later.
    return status != 204 || (!transfer_encoding && content_length.value_or(0) == 0);
}

}  // namespace skein::http1
