// A request body that is more than bytes in memory: where it comes from, what goes with it, and its sending
// while the response may already arrive.
#pragma once

#include "http1/encoder.hpp"

#include <skein/body_source.hpp>
#include <skein/content_coding.hpp>
#include <skein/detail/recycler.hpp>
#include <skein/headers.hpp>
#include <skein/task.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace skein::http1 {
class connection;
class exchange;
}  // namespace skein::http1

namespace skein::client {

class sending;
struct request_state;

/// What most requests do without.
struct upload : detail::recycled {
    std::shared_ptr<detail::body_origin> origin;  // null: the body is in memory, or there is none
    std::optional<std::uint64_t> announced;       // its size, as the caller says
    headers trailers;
    std::function<headers()> last_trailers;  // asked for when the body is written
    std::function<void(std::uint64_t, std::optional<std::uint64_t>)> progress;
    bool expects = false;  // 100 Continue
    std::optional<content_coding> coding;

    // Of one attempt.
    std::unique_ptr<detail::body_stream> stream;
    std::optional<std::uint64_t> size;  // before it is compressed

    void set_source(std::shared_ptr<detail::body_origin> what, std::optional<std::uint64_t> bytes) {
        origin = std::move(what);
        announced = bytes;
    }
    bool has_trailers() const noexcept { return !trailers.empty() || last_trailers; }
    /// Of what goes on the wire, if that is known.
    std::optional<std::uint64_t> sent_size() const noexcept { return coding ? std::nullopt : size; }
    http1::request_body framing() const noexcept {
        const auto known = sent_size();
        return known && !has_trailers() ? http1::request_body::sized(*known) : http1::request_body::chunked();
    }
};

/// Before the first attempt: settles what the body is, and adds the headers that belong to it. Nothing of the
/// upload is left if there is no body. *Throws:* std::invalid_argument if it is to be compressed, and the
/// caller has set Content-Encoding.
void settle_upload(request_state& request);

/// Before each attempt: gets the body ready, from its beginning. *Throws:* what the body's origin throws;
/// payload_error if it has another size than announced.
task<> open_body(sending& s);

/// Sends head and body of the exchange that was begun with begin_streamed(), until all is written, or cannot
/// be, or a response has come that wants no more of it. *Throws:* what the body's origin throws;
/// payload_error if it gives too much or too little; timeout_error.
task<> send_body(sending& s, http1::connection& wire, http1::exchange& x);

/// Whether a 417 means that the same request goes out again, without its Expect; if so, takes that away.
bool gives_up_expecting(request_state& request, int status);

/// A body that is all in memory.
std::shared_ptr<detail::body_origin> make_memory_origin(std::shared_ptr<const std::string> content);

}  // namespace skein::client
