// Owns the stepping of jobs: the ready queue, cancellation, scopes. Knows no libuv and reads the clock only
// through the function it is given.
#include <skein/detail/scheduler.hpp>

#include <cassert>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <utility>

namespace skein::detail {

constinit thread_local kernel_state this_kernel{};

namespace {

void report_to_stderr(std::string_view context, const std::exception_ptr& error) noexcept {
    const char* what = "an exception of unknown type";
    const auto say = [&] {
        std::fprintf(stderr, "skein: %.*s: %s\n", static_cast<int>(context.size()), context.data(), what);
    };
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        what = e.what();
        say();
    } catch (const cancelled_error&) {
        what = "cancelled";
        say();
    } catch (...) {
        say();
    }
}

}  // namespace

void throw_cannot_wait() {
    if (this_kernel.job != nullptr) throw cancelled_error();
    throw std::logic_error("co_await of a skein operation outside a skein task");
}

void throw_no_loop(const char* what) {
    throw std::logic_error(std::string(what) + " needs a running loop: call it inside skein::run()");
}

void waiters::remove(ready_node& node) noexcept {
    ready_node* before = last_;
    while (before->next_ready_ != &node) before = before->next_ready_;
    before->next_ready_ = std::exchange(node.next_ready_, nullptr);
    if (last_ == &node) last_ = before != &node ? before : nullptr;
}

void suspension::describe(std::string& out) const {
    out += "waiting";
}

// ---- job

std::string_view job::name() const noexcept {
    if (!has_label_) return {};
    return this_kernel.scheduler->names_.find(this)->second;
}

void job::set_name(std::string_view name) {
    this_kernel.scheduler->names_.insert_or_assign(this, std::string(name));
    has_label_ = true;
}

void job::forget_name() noexcept {
    this_kernel.scheduler->names_.erase(this);
}

void job::cancel() noexcept {
    if (cancel_requested_) return;
    cancel_requested_ = true;
    if (wait_ != nullptr && !interrupted_) wait_->on_cancel();
}

void job::interrupt() noexcept {
    if (interrupted_) return;
    interrupted_ = true;
    if (wait_ != nullptr && !cancel_requested_) wait_->on_cancel();
}

void job::run() noexcept {
    auto& kernel = this_kernel;
    if (!began_) {
        if (cancel_requested_) return finish(std::exchange(at_, nullptr), false);
        began_ = true;
    }
    kernel.job = this;
    wait_ = nullptr;
    task_handle next = at_;
    do {
        next.resume();
        next = std::exchange(kernel.returning, nullptr);
    } while (next);
    kernel.job = nullptr;
    if (const auto root = std::exchange(kernel.ended, nullptr)) {
        at_ = nullptr;
        values_ = context();  // a future may be kept for long
        finish(root, true);
    }
}

// ---- scope

scope::~scope() {
    assert(first_ == nullptr);
}

void scope::cancel_children() noexcept {
    // No job ends inside cancel(): it only wakes up, or passes the request on to its own children.
    for (job* child = first_; child != nullptr; child = child->next_) child->cancel();
}

std::size_t scope::count_children() const noexcept {
    std::size_t count = 0;
    for (const job* child = first_; child != nullptr; child = child->next_) ++count;
    return count;
}

bool scope::cancel_in_rounds() noexcept {
    // New children come last: as long as one of this round is left, it is the first.
    if (first_ == nullptr || first_->cancel_requested()) return false;
    cancel_children();
    return true;
}

// ---- scheduler

scheduler::scheduler(now_function read_now) : now_(read_now()), read_now_(read_now) {
    if (this_kernel.scheduler != nullptr)
        throw std::logic_error("a skein loop already runs in this thread: run() inside run()?");
    this_kernel.scheduler = this;
}

scheduler::~scheduler() {
    assert(!background_.has_children());
    this_kernel = {};
}

bool scheduler::turn() noexcept {
    read_clock();
    ++turn_number_;
    while (deadline* due = deadlines_.pop_due(now_)) due->on_deadline();
    for (int steps = 0; first_ready_ != nullptr; ++steps) {
        if (steps == steps_per_turn) return true;
        ready_node* node = first_ready_;
        first_ready_ = node->next_ready_;
        if (first_ready_ == nullptr) last_ready_ = &first_ready_;
        node->run();
    }
    return false;
}

void scheduler::report(std::string_view context, const std::exception_ptr& error) noexcept {
    try {
        if (handler_) return handler_(context, error);
    } catch (...) {
        std::fputs("skein: the exception handler threw\n", stderr);
    }
    report_to_stderr(context, error);
}

void report_lost(std::string_view context, const std::exception_ptr& error) noexcept {
    if (auto* current = this_kernel.scheduler) return current->report(context, error);
    report_to_stderr(context, error);
}

}  // namespace skein::detail
