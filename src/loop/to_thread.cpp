// Owns the wait for a call that blocks. Where it is made, the host knows.
#include "loop/host.hpp"

#include <skein/to_thread.hpp>

#include <memory>

namespace skein::detail {

struct thread_call::request final : loop::blocking_call, recycled {
    request(thread_call& whom, loop::host& where) noexcept : owner(whom), host(where) {}

    void call() noexcept override { owner.call_seeing_values(); }
    void on_over(bool ran) noexcept override {
        const std::unique_ptr<request> self(this);
        owner.ran_ = ran;
        owner.request_ = nullptr;
        owner.wake();
    }

    thread_call& owner;
    loop::host& host;
};

void thread_call::await_suspend(task_handle at) {
    auto& host = loop::host::current("to_thread()");
    auto made = std::make_unique<request>(*this, host);
    values_ = context::current();
    host.begin(*made);
    request_ = made.release();
    suspend(at);
}

void thread_call::call_seeing_values() noexcept {
    const thread_context values(values_);
    call();
}

void thread_call::describe(std::string& out) const {
    out += "waiting for a call in another thread";
}

void thread_call::on_cancel() noexcept {
    // Refused if the call runs already: then it is waited for.
    request_->host.cancel(*request_);
}

}  // namespace skein::detail
