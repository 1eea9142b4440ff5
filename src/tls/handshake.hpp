// The wait for a handshake.
#pragma once

#include "tls/stream.hpp"

#include <skein/detail/scheduler.hpp>

#include <string>
#include <system_error>

namespace skein::tls {

/// co_await handshake_wait(stream): shakes hands. Gives the error, if any; stream.failure_text() has the
/// words. *Cancellation:* closes the stream.
class handshake_wait final : detail::wait, handshake_listener {
public:
    explicit handshake_wait(stream& of) noexcept : stream_(of) {}

    bool await_ready() const {
        check();
        return false;
    }
    void await_suspend(detail::task_handle at) noexcept {
        suspend(at);
        stream_.start_handshake(*this);
    }
    std::error_code await_resume() const {
        if (cancelled_) throw cancelled_error();
        return result_;
    }

private:
    void on_handshake(std::error_code result) noexcept override {
        result_ = result;
        wake();
    }
    void describe(std::string& out) const override { out += "shaking hands for TLS"; }
    void on_cancel() noexcept override {
        cancelled_ = true;
        stream_.close();
    }

    stream& stream_;
    std::error_code result_;
    bool cancelled_ = false;
};

}  // namespace skein::tls
