// Owns the hand-over of a call to libuv's thread pool and back.
#include "loop/loop.hpp"

#include <skein/to_thread.hpp>

#include <system_error>

namespace skein::detail {

struct thread_call::request : recycled {
    uv_work_t work;
    thread_call* owner;
};

void thread_call::await_suspend(task_handle at) {
    auto& loop = loop::loop::current("to_thread()");
    request_ = new request;
    request_->work.data = request_;
    request_->owner = this;
    values_ = context::current();
    const int status = uv_queue_work(
        loop.uv(), &request_->work,
        [](uv_work_t* work) { static_cast<request*>(work->data)->owner->call_seeing_values(); },
        [](uv_work_t* work, int result) {
            auto* ended = static_cast<request*>(work->data);
            auto& owner = *ended->owner;
            owner.ran_ = result == 0;
            delete ended;
            owner.request_ = nullptr;
            owner.wake();
        });
    if (status != 0) {
        delete request_;
        throw std::system_error(-status, std::generic_category(), "cannot use the thread pool");
    }
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
    uv_cancel(reinterpret_cast<uv_req_t*>(&request_->work));
}

}  // namespace skein::detail
