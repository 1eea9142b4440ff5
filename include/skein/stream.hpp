// An open stream of bytes: what connect(), serve() and an upgrade of HTTP give.
#pragma once

#include <skein/detail/config.hpp>
#include <skein/task.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace skein {

namespace client {
class stream_core;
}

/// An open stream of bytes in both directions: over TCP or a Unix socket, with TLS or without, through a
/// proxy or not.
///
///     auto s = co_await skein::connect("example.org", 7);
///     co_await s.write("hello\n");
///     while (auto line = co_await s.read_line()) std::cout << *line << '\n';
///
/// One task may read while others write. What arrives is kept until it is read, at most 256 KiB, then the
/// peer has to wait; and write() waits as long as the peer takes nothing.
///
/// *Lifetime:* move-only; tasks that read and write do not need the handle to stay where it is. The
/// destructor closes the stream, and so does the end of its loop. *Thread:* the loop's. *Cancellation:* at
/// once, and no byte is lost: what has arrived stays for the next read; of a write, see there.
/// *Throws:* disconnected_error, which names the peer, if the connection is lost, or was closed on this side
/// while somebody waited; std::logic_error after close(), after the end of the loop, in another thread, and
/// if two tasks read at the same time.
class SKEIN_API stream {
public:
    stream(stream&&) noexcept;
    stream& operator=(stream&&) noexcept;
    ~stream();

    /// What has arrived, at least one byte and at most `most`; waits if there is nothing. Empty once the peer
    /// has ended its direction. *Throws:* std::invalid_argument for 0.
    task<std::string> read(std::size_t most = default_most);
    /// Exactly that many bytes. *Throws:* incomplete_read, with what came, if the stream ends before.
    task<std::string> read_exactly(std::size_t count);
    /// Up to `end` and with it; nothing if the stream has ended. *Throws:* incomplete_read, with what came,
    /// if it ends before `end`; payload_error if that would be more than `limit` bytes, which stay to be
    /// read in another way; std::invalid_argument if `end` is empty.
    task<std::optional<std::string>> read_until(std::string_view end, std::size_t limit = default_limit);
    /// The next line, without its line end (LF or CR LF); nothing at the end. The last one need not have a
    /// line end. *Throws:* payload_error for a line of more than `limit` bytes.
    task<std::optional<std::string>> read_line(std::size_t limit = default_limit);

    /// Writes all of it, and returns when the system has taken the last byte. Of several tasks each writes
    /// its data whole, in the order in which they began. *Cancellation:* who waits for a turn has written
    /// nothing; what was begun is written to its end without its task, so that nothing is torn. To stop that,
    /// close(). *Throws:* std::logic_error after shutdown().
    task<> write(std::string data);
    /// Ends our own direction when everything is written: the peer sees the end (with TLS, close_notify
    /// before), and may go on; reading does. A second time it does nothing.
    task<> shutdown();
    /// Closes both directions at once; what was not written yet is lost.
    void close() noexcept;

    /// Address and port of the peer, "127.0.0.1:80", or "unix:/path"; through a proxy, those of the proxy.
    const std::string& peer() const;
    /// "TLSv1.3" and the like; empty without TLS.
    std::string_view tls_version() const;
    std::string_view tls_cipher() const;
    /// The application protocol that the server chose of those that were offered (tls_context::alpn()); empty
    /// if it chose none.
    std::string_view alpn() const;

    /// 64 KiB.
    static constexpr std::size_t default_most = std::size_t{64} * 1024;
    static constexpr std::size_t default_limit = std::size_t{64} * 1024;

    /// For the library.
    explicit stream(std::shared_ptr<client::stream_core> core) noexcept;

private:
    client::stream_core& core() const;

    std::shared_ptr<client::stream_core> core_;  // null: moved from
};

}  // namespace skein
