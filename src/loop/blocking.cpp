// Owns the hand-over of calls that block to libuv's thread pool, and back.
#include "loop/loop.hpp"

#include <skein/detail/recycler.hpp>

#include <memory>
#include <system_error>

namespace skein::loop {

namespace {

struct pool_work : detail::recycled {
    uv_work_t work{};
    blocking_call* what = nullptr;
};

void call(uv_work_t* work) {
    static_cast<pool_work*>(work->data)->what->call();
}

void tell(uv_work_t* work, int result) {
    const std::unique_ptr<pool_work> over(static_cast<pool_work*>(work->data));
    over->what->of_host = nullptr;
    over->what->on_over(result == 0);
}

}  // namespace

void loop::begin(blocking_call& one) {
    auto begun = std::make_unique<pool_work>();
    begun->work.data = begun.get();
    begun->what = &one;
    const int status = uv_queue_work(&uv_, &begun->work, call, tell);
    if (status != 0) throw std::system_error(-status, std::generic_category(), "cannot use the thread pool");
    one.of_host = begun.release();
}

void loop::cancel(blocking_call& one) noexcept {
    uv_cancel(reinterpret_cast<uv_req_t*>(&static_cast<pool_work*>(one.of_host)->work));
}

}  // namespace skein::loop
