// What a client_response keeps: the exchange, the connection it leases while the body arrives, and its
// history.
#pragma once

#include "client/sending.hpp"
#include "client/session_core.hpp"
#include "http1/connection.hpp"

#include <skein/client_response.hpp>
#include <skein/detail/recycler.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace skein::client {

class response_state : public detail::recycled {
public:
    response_state(std::shared_ptr<sending> from, lease connection, std::unique_ptr<http1::exchange> exchange)
        : sent(std::move(from)), held(std::move(connection)), x(std::move(exchange)) {}
    response_state(const response_state&) = delete;
    response_state& operator=(const response_state&) = delete;
    ~response_state() {
        if (end_is_due) [[unlikely]]
            tell_end();
    }

    /// The message is complete: the connection is free for others.
    void release_if_over() noexcept {
        if (!x->is_over()) return;
        sent->end();
        held.release();
    }
    /// Gives up what has not arrived.
    void close() noexcept;

    /// The next piece; nothing at the end.
    task<std::optional<byte_view>> next_piece() { return sent->is_traced() ? told_piece() : untold_piece(); }
    task<std::optional<byte_view>> untold_piece();
    /// The same, for those who trace it (tell.cpp).
    task<std::optional<byte_view>> told_piece();
    void tell_end() noexcept;
    /// Everything, into a string or a vector of bytes.
    template <class Container>
    task<Container> read_all(std::size_t limit);
    /// Marks the body as being read by `whom`; throws std::logic_error if it was read before.
    void begin_reading(const char* whom);

    enum class reading : std::uint8_t { untouched, in_pieces, whole, closed };

    std::shared_ptr<sending> sent;  // never null
    lease held;
    std::unique_ptr<http1::exchange> x;
    std::vector<hop> hops;
    std::optional<request_report> told;  // by report()
    reading how = reading::untouched;
    bool piece_is_out = false;  // the front of the body is in the reader's hands
    bool end_is_due = false;    // to be told to those who trace it
};

}  // namespace skein::client
