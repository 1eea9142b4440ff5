// Owns the handles that drive a scheduler from a libuv loop: its turns, its alarms, its wake-ups from
// outside.
#include "loop/loop.hpp"

#include "base/descriptor.hpp"

#ifdef __linux__
#include <sys/timerfd.h>
#endif

#include <algorithm>
#include <cassert>
#include <cstdint>
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

// From here on a deadline is the alarm's.
constexpr auto far_away = std::chrono::seconds(1);

// ---- handles

struct loop::handles {
    uv_prepare_t prepare{};
    uv_idle_t idle{};
    uv_timer_t timer{};
    uv_async_t wake{};  // with the inbox
    uv_poll_t alarm{};  // on the timerfd
    detail::descriptor timerfd;
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
        uv_timer_stop(&timer);
        return;
    }
    const auto next = deadlines.next();
    // What goes off early does no harm: the turn finds nothing due and arms it again.
    if (alarm_for_ <= next || (timer_for_ <= next && uv_is_active(as_handle(timer)) != 0)) return;
    const auto wait = std::max(next - scheduler_.read_clock(), clock::duration::zero());
    if (wait >= far_away && arm_alarm(next)) {
        uv_timer_stop(&timer);
        return;
    }
    timer_for_ = next;
    uv_update_time(&uv_);
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
    uv_timer_start(
        &timer, [](uv_timer_t*) {}, static_cast<std::uint64_t>(ms), 0);
}

#ifdef __linux__

// It stays armed when its deadline is gone, so that the limits of one request after the other, each a little
// later than the one before, cost one system call in all.
bool loop::arm_alarm(clock::time_point when) noexcept {
    handles& all = *handles_;
    if (all.timerfd.get() < 0 && !make_alarm()) return false;
    const auto since_boot = when.time_since_epoch();
    const auto whole = std::chrono::floor<std::chrono::seconds>(since_boot);
    itimerspec at{};
    at.it_value.tv_sec = static_cast<time_t>(whole.count());
    at.it_value.tv_nsec = static_cast<long>(std::chrono::nanoseconds(since_boot - whole).count());
    if (::timerfd_settime(all.timerfd.get(), TFD_TIMER_ABSTIME, &at, nullptr) != 0) return false;
    alarm_for_ = when;
    return true;
}

bool loop::make_alarm() noexcept {
    handles& all = *handles_;
    detail::descriptor made(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    if (made.get() < 0 || uv_poll_init(&uv_, &all.alarm, made.get()) != 0) return false;
    all.timerfd = std::move(made);
    all.alarm.data = this;
    uv_unref(as_handle(all.alarm));
    uv_poll_start(&all.alarm, UV_READABLE, [](uv_poll_t* handle, int, int) {
        auto& self = *static_cast<loop*>(handle->data);
        std::uint64_t times = 0;
        (void)!::read(self.handles_->timerfd.get(), &times, sizeof times);
        self.alarm_for_ = clock::time_point::max();
    });
    return true;
}

#else

bool loop::arm_alarm(clock::time_point) noexcept {
    return false;
}

#endif

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
    if (all.timerfd.get() >= 0) all.close(as_handle(all.alarm));
    if (inbox_ != nullptr) all.close(as_handle(all.wake));
}

}  // namespace skein::loop
