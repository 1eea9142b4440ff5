// What a client_response keeps: the exchange, the connection it leases while the body arrives, and its
// history.
#pragma once

#include "client/response/body_pace.hpp"
#include "client/response/decoding.hpp"
#include "client/response/resume.hpp"
#include "client/session/sending.hpp"
#include "client/session/session_core.hpp"
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
        : sent(std::move(from)), held(std::move(connection)), x(std::move(exchange)) {
        if (x->has_content_encoding()) [[unlikely]]
            decoding = make_decoding(*sent, x->head());
    }
    response_state(const response_state&) = delete;
    response_state& operator=(const response_state&) = delete;
    ~response_state() {
        if (end_is_due) [[unlikely]]
            tell_end();
    }

    /// The message is complete: the connection is free for others, unless it is of another protocol now.
    void release_if_over() noexcept {
        if (!x->is_over()) return;
        sent->end();
        if (!x->opens_tunnel()) [[likely]]
            held.release();
    }
    /// The head of the response, also if another exchange goes on with its body.
    http1::response_head& head() noexcept {
        return resume && resume->first ? resume->first->head() : x->head();
    }
    /// Gives up what has not arrived.
    void close() noexcept;

    /// Whether what there is of the body is in memory, as it is to be given, and nobody watches.
    bool is_all_here() const noexcept {
        return x->now() == http1::exchange::state::complete && !decoding && !resume && !piece_is_out &&
               !sent->is_traced() && !sent->request().hooks;
    }
    /// The next piece of the body; nothing at the end.
    task<std::optional<byte_view>> next_piece() { return sent->is_traced() ? told_piece() : untold_piece(); }
    task<std::optional<byte_view>> untold_piece() { return decoding ? decoded_piece() : wire_piece(); }
    /// The same, for those who trace it (tell.cpp).
    task<std::optional<byte_view>> told_piece();
    void tell_end() noexcept;
    /// The next piece, as it came.
    task<std::optional<byte_view>> wire_piece() {
        return resume ? next_piece_or_resume(*this) : next_piece_of_exchange();
    }
    task<std::optional<byte_view>> decoded_piece();
    /// The same, up to where the exchange ends or is cut.
    task<std::optional<byte_view>> next_piece_of_exchange();
    /// Everything, into a string or a vector of bytes.
    template <class Container>
    task<Container> read_all(std::size_t limit);
    /// Up to `end` and with it; at the end of the body what is left, maybe nothing.
    task<std::string> read_until(std::string end, std::size_t limit);
    task<std::vector<std::byte>> read_exactly(std::size_t count);
    /// The next piece, or what is left of the one before.
    task<std::optional<byte_view>> rest_or_piece();

    /// Marks the body as being read by `whom`; throws std::logic_error if it was read before.
    void begin_reading(const char* whom);
    /// The same for pieces of it, which may be read in turn.
    void read_in_pieces(const char* whom) {
        if (how == reading::in_pieces) return;
        begin_reading(whom);
        how = reading::in_pieces;
    }
    /// Closes, and throws timeout_error for that limit; null: for the least rate.
    [[noreturn]] void fail_body_timeout(const due_time* due);

    enum class reading : std::uint8_t { untouched, in_pieces, whole, closed };

    std::shared_ptr<sending> sent;  // never null
    lease held;
    std::unique_ptr<http1::exchange> x;
    std::vector<hop> hops;
    std::optional<request_report> told;  // by report()
    std::unique_ptr<resumption> resume;  // null: a cut is the end
    reading how = reading::untouched;
    body_pace pace;
    byte_view rest;                           // of the piece before, what a reader of lines has left
    bool piece_is_out = false;                // the front of the body is in the reader's hands
    bool end_is_due = false;                  // to be told to those who trace it
    std::unique_ptr<body_decoding> decoding;  // null: the body is given as it came

private:
    void give_up() noexcept;
    void tell_download() const;
    task<> give_way();
    [[noreturn]] void fail_decoding();
};

}  // namespace skein::client
