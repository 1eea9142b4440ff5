// Owns the stepping of jobs: the ready queue, cancellation, scopes. Knows no libuv and reads the clock only
// through the function it is given.
#include <skein/detail/report.hpp>
#include <skein/detail/scheduler.hpp>

#include <atomic>
#include <cassert>
#include <stdexcept>
#include <string>
#include <utility>

namespace skein::detail {

constinit thread_local kernel_state this_kernel{};

namespace {

std::uint16_t number_of_thread() noexcept {
    static std::atomic<std::uint16_t> last = 0;
    const std::uint16_t number = ++last;
    return number != 0 ? number : ++last;  // after 65535 threads
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

void suspension::leave_and_wake(waiters& list) noexcept {
    job& stopping = *this_kernel.stopping;
    list.remove(stopping);
    stopping.wait_ = nullptr;
    this_kernel.scheduler->push(stopping);
}

// ---- job

// A member more, and every task takes a larger block.
static_assert(sizeof(job) <= 9 * sizeof(void*));

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

void job::stop_wait() noexcept {
    auto* const outer = std::exchange(this_kernel.stopping, this);
    passing_on_ = true;
    wait_->on_cancel();
    passing_on_ = false;
    this_kernel.stopping = outer;
}

void job::cancel() noexcept {
    // Tasks that wait for each other: who passed it on to here must not wait for this one to end.
    if (passing_on_) this_kernel.circle = true;
    if (cancel_requested_) return;
    cancel_requested_ = true;
    if (wait_ != nullptr && !interrupted_) stop_wait();
}

void job::interrupt() noexcept {
    if (interrupted_) return;
    interrupted_ = true;
    if (wait_ != nullptr && !cancel_requested_) stop_wait();
}

namespace {

/// Lets a job run until it waits. Gives its root, if that has come to its end.
inline task_handle resume_job(job& one, task_handle at) noexcept {
    auto& kernel = this_kernel;
    kernel.job = &one;
    do {
        at.resume();
        at = std::exchange(kernel.returning, nullptr);
    } while (at);
    kernel.job = nullptr;
    return std::exchange(kernel.ended, nullptr);
}

}  // namespace

bool job::step() noexcept {
    if (!began_ && cancel_requested_) {
        finish_quietly(std::exchange(at_, nullptr), false);
        return false;
    }
    began_ = true;
    wait_ = nullptr;
    const auto root = resume_job(*this, at_);
    if (!root) return true;
    at_ = nullptr;
    if (cancel_requested_) [[unlikely]]
        finish_quietly(root, true);
    else
        finish(root, true);
    return false;
}

void job::run() noexcept {
    step();
}

void job::finish_quietly(task_handle root, bool began) noexcept {
    const quiet_drops meant;  // of what it would have awaited
    finish(root, began);
}

void job::drop_unbegun() noexcept {
    const quiet_drops meant;
    at_.destroy();
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
    if (this_kernel.thread == 0) this_kernel.thread = number_of_thread();
    this_kernel.loop_thread = this_kernel.thread;
}

scheduler::~scheduler() {
    assert(!background_.has_children());
    this_kernel.scheduler = nullptr;
    this_kernel.loop_thread = 0;
}

void scheduler::begin_turn() noexcept {
    read_clock();
    ++turn_number_;
    while (deadline* due = deadlines_.pop_due(now_)) due->on_deadline();
}

bool scheduler::turn() noexcept {
    begin_turn();
    for (int steps = 0; first_ready_ != nullptr; ++steps) {
        if (steps == steps_per_turn) return true;
        ready_node* node = first_ready_;
        first_ready_ = node->next_ready_;
        if (first_ready_ == nullptr) last_ready_ = &first_ready_;
        if (watch_ == nullptr) [[likely]]
            node->run();
        else
            run_watched(*node);
    }
    return false;
}

std::size_t scheduler::count_ready(std::size_t most) const noexcept {
    std::size_t count = 0;
    for (const ready_node* one = first_ready_; one != nullptr && count < most; one = one->next_ready_)
        ++count;
    return count;
}

ready_node& scheduler::take_ready(std::size_t place) noexcept {
    ready_node** link = &first_ready_;
    for (; place > 0; --place) link = &(*link)->next_ready_;
    ready_node& node = **link;
    *link = std::exchange(node.next_ready_, nullptr);
    if (*link == nullptr) last_ready_ = link;
    return node;
}

void scheduler::run_watched(ready_node& node) noexcept {
    watch_->step_begins(node.as_job());
    node.run();  // which may be its end
    watch_->step_ends();
}

}  // namespace skein::detail
