// What is behind a skein::stream: what has arrived and was not read, who waits for more, and the order of
// those who write. Knows no protocol.
#pragma once

#include "client/report/progress.hpp"
#include "client/session/session_core.hpp"
#include "http1/body_buffer.hpp"
#include "loop/host.hpp"
#include "net/stream.hpp"

#include <skein/detail/recycler.hpp>
#include <skein/detail/scheduler.hpp>
#include <skein/mutex.hpp>
#include <skein/task.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace skein::client {

/// Who is at the other end.
struct stream_peer {
    std::string host;  // as the program has it, IPv6 in brackets; empty: it has only the address
    std::uint16_t port = 0;
    std::shared_ptr<const connection_facts> facts;  // never null
};

/// Its tasks share it with the handle, so that they may go on, and learn that it is closed, when that is
/// gone.
class stream_core final : private net::stream_sink, private loop::resource {
public:
    /// Binds it to the loop that runs. `place`: in the limits of a session, kept as long as it is open; may
    /// be empty. `behind`: what has arrived already. *Throws:* std::logic_error outside a loop.
    stream_core(std::unique_ptr<net::stream> bytes, stream_peer peer, lease place = {},
                std::string behind = {});
    ~stream_core() override { close(); }

    const stream_peer& peer() const noexcept { return peer_; }
    void close() noexcept;

    using self = std::shared_ptr<stream_core>;
    static task<std::string> read(self core, std::size_t most);
    static task<std::string> read_exactly(self core, std::size_t count);
    /// Up to `end`; at the end of the stream what is left, maybe nothing, if that is allowed.
    static task<std::optional<std::string>> read_until(self core, std::string end, std::size_t limit,
                                                       bool may_lack_end);
    static task<> write(self core, std::string data);
    static task<> shutdown(self core);

private:
    class side_wait;
    class news_wait;
    class sent_wait;
    class outgoing;
    class turn_to_read;

    void on_data(byte_view data, net::block_ptr& from) noexcept override;
    void on_end(std::error_code reason) noexcept override;
    void on_loop_end() noexcept override;
    void on_sent(std::error_code result) noexcept;

    /// Throws std::logic_error if `what` cannot be done any more, or not here.
    void require_open(const char* what) const;
    /// After a wait: throws disconnected_error if it was closed meanwhile.
    void require_not_closed() const;
    std::string name() const;
    [[noreturn]] void fail(const std::string& what, std::error_code code) const;
    /// At the end: throws if it was no good one.
    void require_good_end() const;
    [[noreturn]] void fail_incomplete(const std::string& what);

    // What has arrived: `ahead_` first, of which reads have looked at every byte, then `in_`.
    std::string_view ahead() const noexcept { return std::string_view(ahead_).substr(ahead_used_); }
    std::string take_ahead(std::size_t count);
    void move_to(std::string& data, std::size_t most);
    void read_on() noexcept;

    /// Writes what the system has not taken at once; there is no other outgoing.
    void send(std::string data, std::size_t written);

    std::unique_ptr<net::stream> bytes_;  // null: closed
    stream_peer peer_;
    lease place_;
    bool loop_has_ended_ = false;

    http1::body_buffer in_;
    std::size_t front_used_ = 0;  // of its first piece
    std::string ahead_;
    std::size_t ahead_used_ = 0;
    std::optional<std::error_code> end_;
    side_wait* reader_ = nullptr;
    bool is_read_ = false;  // by some task
    bool paused_ = false;

    mutex line_;               // of those who write
    outgoing* out_ = nullptr;  // owns itself: the stream may tell it after we are gone
    side_wait* writer_ = nullptr;
    std::error_code write_error_;
    std::size_t written_ = 0;  // since somebody waited
    bool shut_ = false;
};

}  // namespace skein::client
