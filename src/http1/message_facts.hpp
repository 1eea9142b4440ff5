// What the fields of a response say about its framing and about the connection. Reads fields; knows nothing
// of bytes, of limits or of llhttp.
#pragma once

#include "http1/failure.hpp"

#include <skein/http_version.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace skein::http1 {

/// What the request was, as far as the framing of its response depends on it.
enum class request_kind : std::uint8_t {
    ordinary,  ///< GET, POST, ...: a body may follow
    head,      ///< HEAD: never a body
    connect,   ///< CONNECT: a 2xx opens a tunnel
    upgrade,   ///< the request asked for an upgrade: 101 is an answer, and opens a tunnel
};

/// The fields that frame a response or tell whether the connection goes on, gathered one by one.
struct message_facts {
    /// A field has no meaning that matters here, or is one of these.
    enum class field : std::uint8_t {
        other,
        content_length,
        transfer_encoding,
        connection,
        keep_alive,
        upgrade,
        content_encoding,
        set_cookie
    };

    /// Whether a field decides how the message is framed, or whether the connection goes on.
    static constexpr bool frames(field which) noexcept {
        return which == field::content_length || which == field::transfer_encoding ||
               which == field::connection || which == field::upgrade;
    }
    /// What a name stands for. ASCII case does not matter.
    static field classify(std::string_view name) noexcept {
        const std::size_t size = name.size();
        const bool candidate = size == 7 || size == 10 || size == 14 || size == 16 || size == 17;
        return candidate ? classify_candidate(name) : field::other;
    }

    /// Takes note of a field. Returns the rule that it breaks, null if none. The value has been trimmed.
    const char* add(field which, std::string_view value) noexcept;

    /// The framing of a final response with these fields (RFC 9112, section 6.3), or the rule they break.
    struct verdict {
        http1::framing framing = http1::framing::none;
        bool tunnel = false;  ///< what follows is no HTTP: CONNECT 2xx, 101
        const char* violation = nullptr;
    };
    verdict decide(request_kind kind, int status, http_version version) const noexcept;

    /// Whether the connection may go on after a response with these fields (RFC 9112, section 9.3).
    bool persistent(int status, http_version version) const noexcept;

    std::optional<std::uint64_t> content_length;
    std::optional<std::chrono::duration<std::int32_t>> keep_alive_timeout;
    bool transfer_encoding = false;
    bool content_encoding = false;  ///< the body may have to be decoded
    bool set_cookie = false;
    bool close = false;
    bool keep_alive = false;
    bool exhausted = false;  ///< Keep-Alive: max=0, the server takes no more requests

private:
    void add_keep_alive(std::string_view value) noexcept;
    static field classify_candidate(std::string_view name) noexcept;
};

/// Whether a response never has a body, whatever its fields say.
constexpr bool is_bodiless(request_kind kind, int status) noexcept {
    return kind == request_kind::head || status < 200 || status == 204 || status == 304 ||
           (kind == request_kind::connect && status < 300);
}

}  // namespace skein::http1
