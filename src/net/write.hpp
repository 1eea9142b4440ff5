// The wait for a write.
#pragma once

#include "net/stream.hpp"

#include <skein/detail/scheduler.hpp>

#include <string>
#include <system_error>

namespace skein::net {

/// co_await write_wait(stream, data): writes what try_write() left over. Gives the error, if any.
/// *Lifetime:* data stays valid until the wait ends. *Cancellation:* closes the stream.
class write_wait final : detail::wait, write_listener {
public:
    write_wait(stream& to, byte_view data) noexcept : to_(to), data_(data) {}

    bool await_ready() const {
        check();
        return data_.empty();
    }
    void await_suspend(detail::task_handle at) {
        suspend(at);
        to_.write(data_, *this);
    }
    std::error_code await_resume() const {
        if (cancelled_) throw cancelled_error();
        return result_;
    }

private:
    void on_written(std::error_code result) noexcept override {
        result_ = result;
        wake();
    }
    void describe(std::string& out) const override {
        out.append("writing ").append(std::to_string(data_.size())).append(" bytes");
    }
    void on_cancel() noexcept override {
        cancelled_ = true;
        to_.close();
    }

    stream& to_;
    byte_view data_;
    std::error_code result_;
    bool cancelled_ = false;
};

}  // namespace skein::net
