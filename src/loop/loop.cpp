// Owns the handles that drive a scheduler from a libuv loop: its turns, its one timer, its wake-ups from
// outside.
#include "loop/loop.hpp"

#include <algorithm>
#include <cassert>
#include <system_error>
#include <utility>

namespace skein::loop {

namespace {

constinit thread_local loop* this_loop = nullptr;

clock::time_point read_steady_clock() noexcept {
    return clock::now();
}

uv_handle_t* as_handle(auto& handle) noexcept {
    return reinterpret_cast<uv_handle_t*>(&handle);
}

// Made before anything that would have to be given back if there can be no thread.
std::unique_ptr<watchdog> watchdog_for(const run_options& options) {
    if (options.watchdog <= clock::duration::zero()) return nullptr;
    return std::make_unique<watchdog>(options.watchdog, options.on_blocked);
}

bool is_set(const char* variable) noexcept {
    const char* const value = std::getenv(variable);
    return value != nullptr && *value != '\0' && std::string_view(value) != "0";
}

}  // namespace

// ---- handles

struct loop::handles {
    uv_prepare_t prepare{};
    uv_idle_t idle{};
    uv_timer_t timer{};
    uv_async_t wake{};  // with the inbox
    int closing = 0;
    std::function<void()> on_closed;

    void close(uv_handle_t* one) noexcept {
        ++closing;
        one->data = this;
        uv_close(one, [](uv_handle_t* closed) {
            auto* const all = static_cast<handles*>(closed->data);
            if (--all->closing != 0) return;
            const auto then = std::move(all->on_closed);
            delete all;
            if (then) then();
        });
    }
};

loop::loop(uv_loop_t& uv, const run_options& options)
    : host(read_steady_clock), uv_(uv), watchdog_(watchdog_for(options)), handles_(new handles) {
    uv_prepare_init(&uv_, &handles_->prepare);
    uv_idle_init(&uv_, &handles_->idle);
    uv_timer_init(&uv_, &handles_->timer);
    uv_unref(as_handle(handles_->timer));
    handles_->prepare.data = this;
    uv_prepare_start(&handles_->prepare,
                     [](uv_prepare_t* handle) { static_cast<loop*>(handle->data)->on_prepare(); });
    if (options.exception_handler) scheduler_.set_exception_handler(options.exception_handler);
    scheduler_.set_step_watch(watchdog_.get());
    scheduler_.set_debug(options.debug || is_set("SKEIN_DEBUG"));
    this_loop = this;
}

loop::~loop() {
    assert(handles_ == nullptr);
    this_loop = nullptr;
}

loop& loop::current(const char* what) {
    if (this_loop != nullptr) return *this_loop;
    detail::throw_no_loop(what);
}

std::chrono::system_clock::time_point loop::wall_time() const noexcept {
    return std::chrono::system_clock::now();
}

const std::shared_ptr<detail::inbox>& loop::inbox() {
    if (inbox_ != nullptr) return inbox_;
    auto& wake = handles_->wake;
    auto made = std::make_shared<detail::inbox>(wake);
    const int status = uv_async_init(&uv_, &wake, [](uv_async_t* handle) {
        auto& self = *static_cast<loop*>(handle->data);
        self.inbox_->empty_into(self.scheduler_);
    });
    if (status != 0) throw std::system_error(-status, std::generic_category(), "this_remote()");
    wake.data = this;
    uv_unref(as_handle(wake));
    if (ending_) made->refuse_tasks();
    return inbox_ = std::move(made);
}

// ---- turns

void loop::on_prepare() noexcept {
    bool more = scheduler_.turn();
    if (ending_ && scheduler_.background().cancel_in_rounds()) more = true;
    if (more) {
        poll_without_waiting();
    } else {
        uv_idle_stop(&handles_->idle);
        arm_timer();
    }
    after_turn();
}

void loop::poll_without_waiting() noexcept {
    uv_idle_start(&handles_->idle, [](uv_idle_t*) {});
}

void loop::arm_timer() noexcept {
    auto& deadlines = scheduler_.deadlines();
    auto& timer = handles_->timer;
    if (deadlines.empty()) {
        if (armed_for_ != clock::time_point::max()) uv_timer_stop(&timer);
        armed_for_ = clock::time_point::max();
        return;
    }
    const auto next = deadlines.next();
    // A timer that fires early does no harm: the turn finds nothing due and arms it again.
    if (armed_for_ <= next && uv_is_active(as_handle(timer)) != 0) return;
    armed_for_ = next;
    const auto wait = std::max(next - scheduler_.read_clock(), clock::duration::zero());
    uv_update_time(&uv_);
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
    uv_timer_start(
        &timer, [](uv_timer_t*) {}, static_cast<std::uint64_t>(ms), 0);
}

void loop::keep_running(bool yes) noexcept {
    if (yes)
        uv_ref(as_handle(handles_->prepare));
    else
        uv_unref(as_handle(handles_->prepare));
}

// ---- the end

void loop::begin_end() noexcept {
    ending_ = true;
    if (inbox_ != nullptr) inbox_->refuse_tasks();
}

bool loop::wind_up() noexcept {
    if (inbox_ != nullptr) {
        inbox_->close();
        inbox_->empty_into(scheduler_);
    }
    end_resources();
    while (scheduler_.turn()) {}
    return !scheduler_.background().has_children();
}

void loop::close_handles(std::function<void()> on_closed) noexcept {
    handles& all = *std::exchange(handles_, nullptr);
    all.on_closed = std::move(on_closed);
    all.close(as_handle(all.prepare));
    all.close(as_handle(all.idle));
    all.close(as_handle(all.timer));
    if (inbox_ != nullptr) all.close(as_handle(all.wake));
}

}  // namespace skein::loop
