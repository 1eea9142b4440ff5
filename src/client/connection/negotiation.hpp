// What is said to a proxy before a stream is the caller's own: bytes in, bytes out. Does no I/O; which
// protocol it is, the classes behind it know (proxy_tunnel.hpp, socks5.hpp).
#pragma once

#include <skein/bytes.hpp>
#include <skein/headers.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace skein::client {

/// Why a proxy does not serve.
struct proxy_refusal {
    std::string what = {};  ///< completes the sentence "the proxy ..."
    std::error_code code = {};
    int status = 0;      ///< of its HTTP answer; 0: none
    bool early = false;  ///< it agreed, but there were bytes behind its answer
    headers fields = {};
};

///     talking ---> open
///         \_________\___> failed
class negotiation {
public:
    negotiation() = default;
    negotiation(const negotiation&) = delete;
    negotiation& operator=(const negotiation&) = delete;
    virtual ~negotiation() = default;

    /// What is to be sent now; empty: nothing.
    std::string take_output() { return std::exchange(output_, {}); }
    bool has_output() const noexcept { return !output_.empty(); }

    /// Takes what has come. Bytes behind the last answer are a failure: an origin speaks when it has been
    /// spoken to, so they are the proxy's, or somebody's who wants to be taken for the origin.
    void feed(byte_view data) {
        if (now_ == state::talking) take(data);
        if (now_ != state::open || data.empty()) return;
        fail("sent bytes behind its answer, before it was asked for any");
        why_.early = true;
    }
    /// The stream has ended; no code: in good order, but too soon.
    void feed_end(std::error_code reason) {
        if (now_ == state::failed) return;
        if (!reason) reason = std::make_error_code(std::errc::connection_aborted);
        fail(now_ == state::open ? "closed the connection behind its answer"
                                 : "closed the connection in the middle of the negotiation",
             reason);
    }

    /// It cannot go on, for a reason of ours.
    void give_up(std::error_code reason) noexcept {
        why_.code = reason;
        now_ = state::failed;
    }

    /// The stream is the caller's.
    bool is_open() const noexcept { return now_ == state::open; }
    bool is_over() const noexcept { return now_ != state::talking; }
    bool has_failed() const noexcept { return now_ == state::failed; }
    const proxy_refusal& why() const noexcept { return why_; }

protected:
    /// Takes what belongs to the negotiation from the front of `data`: all of it, unless it is over.
    virtual void take(byte_view& data) = 0;

    void say(std::string_view bytes) { output_ += bytes; }
    void open() noexcept { now_ = state::open; }
    void fail(std::string what, std::error_code code = {}) {
        why_.what = std::move(what);
        why_.code = code;
        now_ = state::failed;
    }
    void fail(int status, headers fields, std::string what) {
        fail(std::move(what));
        why_.status = status;
        why_.fields = std::move(fields);
    }

private:
    enum class state : std::uint8_t { talking, open, failed };
    state now_ = state::talking;
    std::string output_;
    proxy_refusal why_;
};

}  // namespace skein::client
