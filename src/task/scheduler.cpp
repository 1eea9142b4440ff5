// Owns the stepping of jobs: turns, cancellation, scopes. Knows no libuv and reads the clock only
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
    if (!has_name_) return {};
    return this_kernel.scheduler->names_.find(this)->second;
}

void job::set_name(std::string_view name) {
    this_kernel.scheduler->names_.insert_or_assign(this, std::string(name));
    has_name_ = true;
}

void job::forget_name() noexcept {
    this_kernel.scheduler->names_.erase(this);
}

void job::stop_with(std::uint8_t why) noexcept {
    if (std::exchange(stop_, static_cast<std::uint8_t>(stop_ | why)) != 0 || wait_ == nullptr) return;
    auto* const outer = std::exchange(this_kernel.stopping, this);
    passing_on_ = true;
    wait_->on_cancel();
    passing_on_ = false;
    this_kernel.stopping = outer;
}

void job::cancel() noexcept {
    // Tasks that wait for each other: who passed it on to here must not wait for this one to end. Whoever is
    // below this one in the tree of scopes is waited for, now or later.
    const job* const from = this_kernel.stopping;
    if (passing_on_ || (from != nullptr && owns(*from))) this_kernel.circle = true;
    stop_with(cancelled);
}

bool job::owns(const job& one) const noexcept {
    for (const job* above = one.scope_->owner(); above != nullptr; above = above->scope_->owner())
        if (above == this) return true;
    return false;
}

void job::interrupt() noexcept {
    stop_with(interrupted);
}

// Lets it run until it waits: false, or ends: true. Then `at_` is its root, null if it has never begun.
inline bool job::resume() noexcept {
    if (cancel_requested()) [[unlikely]]
        if (!began_) {
            drop_unbegun();
            return true;
        }
    began_ = true;
    wait_ = nullptr;
    auto& kernel = this_kernel;
    kernel.job = this;
    for (auto at = at_;;) {
        at.resume();
        if (at.done()) {
            const auto parent = at.head().parent;
            if (!parent) {
                kernel.job = nullptr;
                at_ = at;
                return true;
            }
            at = parent;
        } else if (kernel.starting) [[unlikely]] {
            at = std::exchange(kernel.starting, nullptr);
        } else {
            kernel.job = nullptr;
            return false;
        }
    }
}

inline void job::end() noexcept {
    const auto root = std::exchange(at_, nullptr);
    if (!cancel_requested()) [[likely]]
        return finish(root);
    const quiet_drops meant;  // of what it would have awaited
    finish(root);
}

void job::run() noexcept {
    if (resume()) end();
}

bool job::step() noexcept {
    if (!resume()) return true;
    end();
    return false;
}

void job::drop_unbegun() noexcept {
    const quiet_drops meant;
    std::exchange(at_, nullptr).destroy();
}

// ---- scope

scope::~scope() {
    assert(!has_children());
}

void scope::cancel_children() noexcept {
    // No job ends inside cancel(): it only wakes up, or passes the request on to its own children.
    for (auto* child = children_.next_; child != &children_; child = child->next_)
        static_cast<job*>(child)->cancel();
}

std::size_t scope::count_children() const noexcept {
    std::size_t count = 0;
    for (const auto* child = children_.next_; child != &children_; child = child->next_) ++count;
    return count;
}

bool scope::cancel_in_rounds() noexcept {
    // New children come last: as long as one of this round is left, it is the first.
    if (!has_children() || static_cast<job*>(children_.next_)->cancel_requested()) return false;
    cancel_children();
    return true;
}

// ---- scheduler

namespace {

std::uint32_t to_ms(clock::time_point time) noexcept {
    using std::chrono::milliseconds;
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count());
}

}  // namespace

scheduler::scheduler(now_function read_now) : now_(read_now()), turn_ms_(to_ms(now_)), read_now_(read_now) {
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
    turn_ms_ = to_ms(read_clock());
    ++turn_number_;
    while (deadline* due = deadlines_.pop_due(now_)) due->on_deadline();
}

inline bool scheduler::run_queue() noexcept {
    for (int steps = 0; !ready_.empty(); ++steps) {
        if (steps == steps_per_turn) [[unlikely]]
            return true;
        ready_node& node = ready_.pop();
        if (watch_ == nullptr) [[likely]]
            node.run();
        else
            run_watched(node);
    }
    return false;
}

bool scheduler::turn() noexcept {
    begin_turn();
    return run_queue();
}

void scheduler::run_ready() noexcept {
    read_clock();
    run_queue();
}

void scheduler::run_watched(ready_node& node) noexcept {
    watch_->step_begins(node.as_job());
    node.run();  // which may be its end
    watch_->step_ends();
}

}  // namespace skein::detail
