// Owns the libuv loop: its turns, its one timer, SIGINT, and the order in which everything ends.
#include "loop/loop.hpp"

#include <algorithm>
#include <cassert>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace skein::loop {

namespace {

constinit thread_local loop* this_loop = nullptr;

clock::time_point read_steady_clock() noexcept {
    return clock::now();
}

void check(int status, const char* what) {
    if (status < 0) throw std::system_error(-status, std::generic_category(), what);
}

}  // namespace

// ---- beginning

loop::loop(const run_options& options) : host(read_steady_clock) {
    check(uv_loop_init(&uv_), "cannot make an event loop");
    uv_.data = this;
    uv_prepare_init(&uv_, &prepare_);
    uv_idle_init(&uv_, &idle_);
    uv_timer_init(&uv_, &timer_);
    uv_prepare_start(&prepare_,
                     [](uv_prepare_t* handle) { static_cast<loop*>(handle->loop->data)->on_prepare(); });
    if (options.exception_handler) scheduler_.set_exception_handler(options.exception_handler);
    if (options.handle_sigint)
        sigint_.take(uv_, [](uv_async_t* wake) { static_cast<loop*>(wake->loop->data)->on_sigint(); });
    this_loop = this;
}

loop& loop::current(const char* what) {
    if (this_loop != nullptr) return *this_loop;
    detail::throw_no_loop(what);
}

std::chrono::system_clock::time_point loop::wall_time() const noexcept {
    return std::chrono::system_clock::now();
}

void loop::on_sigint() noexcept {
    main_interrupted_ = main_scope_.has_children();
    main_scope_.cancel_children();
}

// ---- turns

void loop::on_prepare() noexcept {
    bool more = scheduler_.turn();
    if (ending_ && scheduler_.background().cancel_in_rounds()) more = true;
    if (ending_ && !scheduler_.background().has_children()) uv_stop(&uv_);
    if (more) {
        uv_idle_start(&idle_, [](uv_idle_t*) {});
        return;
    }
    uv_idle_stop(&idle_);
    arm_timer();
}

void loop::arm_timer() noexcept {
    const auto& deadlines = scheduler_.deadlines();
    if (deadlines.empty()) {
        if (armed_for_ != clock::time_point::max()) uv_timer_stop(&timer_);
        armed_for_ = clock::time_point::max();
        return;
    }
    const auto next = deadlines.next();
    // A timer that fires early does no harm: the turn finds nothing due and arms it again.
    if (armed_for_ <= next && uv_is_active(reinterpret_cast<uv_handle_t*>(&timer_)) != 0) return;
    armed_for_ = next;
    const auto wait = std::max(next - scheduler_.read_clock(), clock::duration::zero());
    uv_update_time(&uv_);
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
    uv_timer_start(
        &timer_, [](uv_timer_t*) {}, static_cast<std::uint64_t>(ms), 0);
}

void loop::run(detail::job& main) {
    main_scope_.start(main);
    scheduler_.set_main_scope(&main_scope_);
    while (main_scope_.has_children()) uv_run(&uv_, UV_RUN_DEFAULT);
    shut_down();
}

// ---- the end

void loop::shut_down() noexcept {
    auto& background = scheduler_.background();
    ending_ = true;
    while (background.has_children()) uv_run(&uv_, UV_RUN_DEFAULT);
    end_resources();
    while (scheduler_.turn()) {  // what was called back last
    }
    uv_close(reinterpret_cast<uv_handle_t*>(&prepare_), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&idle_), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&timer_), nullptr);
    sigint_came_ = sigint_.give_back();
    uv_run(&uv_, UV_RUN_DEFAULT);  // until the last handle and request is gone
}

loop::~loop() {
    if (!ending_) shut_down();
    const int left = uv_loop_close(&uv_);
    this_loop = nullptr;
    if (left != 0) {  // a mistake of ours: the memory of a live handle would be freed
        std::fputs("skein: a handle outlived its loop\n", stderr);
        std::abort();
    }
}

}  // namespace skein::loop

namespace skein::detail {

void run_loop(std::unique_ptr<job> main, const run_options& options) {
    bool interrupted = false;
    {
        loop::loop own(options);
        own.run(*main.release());
        interrupted = own.was_interrupted();
    }
    if (interrupted) std::raise(SIGINT);
}

}  // namespace skein::detail
