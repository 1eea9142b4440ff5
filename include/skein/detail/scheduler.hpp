// The asyncio kernel: jobs (what asyncio calls tasks), the waits they suspend in, the scopes that own them,
// and the scheduler that steps them from a FIFO ready queue. Driven from outside, by any loop and any clock;
// one thread.
//
//   job    a coroutine that runs concurrently with others: a chain of frames, the innermost one suspended
//   wait   one suspension of a job; lives in the suspended frame; knows how to stop early, and what it is for
//   scope  owns jobs until they have ended: gather, wait_for, a task group, the loop itself
#pragma once

#include <skein/cancelled_error.hpp>
#include <skein/clock.hpp>
#include <skein/detail/config.hpp>
#include <skein/detail/context.hpp>
#include <skein/detail/deadline.hpp>
#include <skein/detail/ready_queue.hpp>
#include <skein/detail/result.hpp>
#include <skein/detail/task_handle.hpp>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <source_location>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace skein::detail {

class scheduler;
class scope;

inline constexpr unsigned most_nested_starts = 64;

/// What the kernel knows about the running thread.
struct kernel_state {
    detail::scheduler* scheduler;               // of the loop that this thread runs; null outside run()
    detail::job* job;                           // being stepped now
    detail::job* stopping;                      // being told to stop waiting
    task_handle starting;                       // by the job's loop, when the stack has unwound: see task.hpp
    unsigned starts_left = most_nested_starts;  // until a coroutine is started by the loop: see task.hpp
    std::uint16_t thread;                       // a number for this one, once it has run a loop
    std::uint16_t loop_thread;                  // the same while a loop runs, else 0
    bool dropping;                              // tasks are dropped that need not be awaited: see quiet_drops
    std::source_location failed;                // the root of the job that ended last with an error
    bool circle;  // a cancellation has come back to a job that was passing it on
};
// Constant-initialised and trivially destructible, so that access costs no guard.
extern SKEIN_API constinit thread_local kernel_state this_kernel;

/// One suspension of a job, as far as everybody needs it: woken with the others in a list.
class SKEIN_API suspension {
public:
    suspension(const suspension&) = delete;
    suspension& operator=(const suspension&) = delete;

    /// The job was cancelled while it waits here: stop, then wake(); at once, or later if that takes time.
    virtual void on_cancel() noexcept = 0;

    /// Appends what the job waits for, in a few words: for dump_tasks().
    virtual void describe(std::string& out) const;
    /// The scope whose children it waits for; null if it waits for something else.
    virtual const scope* awaited() const noexcept { return nullptr; }

protected:
    suspension() noexcept = default;
    ~suspension() = default;  // never destroyed through this base

    /// To be called before anything is begun. Throws cancelled_error in a cancelled job, std::logic_error
    /// outside one.
    static void check();
    /// on_cancel() may come after the list was woken, as long as the job has not run.
    void suspend_in(waiters& list, task_handle at) noexcept;
    /// In on_cancel(): the job that is told to stop leaves the list, and is woken.
    static void leave_and_wake(waiters& list) noexcept;
};

/// A suspension that is woken by itself. A derived awaiter calls check(), then suspend(), and arranges for
/// wake() to be called exactly once.
class wait : public suspension {
protected:
    wait() noexcept = default;
    ~wait() = default;

    void suspend(task_handle at) noexcept;
    void wake() noexcept;
    bool suspended() const noexcept { return job_ != nullptr; }

private:
    job* job_ = nullptr;
};

/// A place in a ring: of the children of a scope, which begins and ends it.
class job_links {
    friend job;
    friend scope;
    friend class task_tree;
    job_links* previous_;
    job_links* next_;
};

/// A coroutine scheduled on its own. The coroutine's frame belongs to the job.
class SKEIN_API job : public ready_node, public job_links {
public:
    job(const job&) = delete;
    job& operator=(const job&) = delete;
    ~job() override {
        if (at_) [[unlikely]]
            drop_unbegun();
        if (has_name_) [[unlikely]]
            forget_name();
    }

    /// Requests cancellation: the current wait and every later one throws. A job that has not begun never
    /// does.
    void cancel() noexcept;
    bool cancel_requested() const noexcept { return (stop_ & cancelled) != 0; }
    /// Whether waits throw: cancelled, or interrupted.
    bool must_stop() const noexcept { return stop_ != 0; }

    /// Makes the current wait and every later one throw cancelled_error, as cancel() does, until
    /// end_interruption(): for a time limit on a stretch of the job, which catches that and throws what it
    /// means.
    void interrupt() noexcept;
    void end_interruption() noexcept { stop_ &= static_cast<std::uint8_t>(~interrupted); }

    /// What the program calls it, and where it was created; empty where nobody said. To set a name throws
    /// std::bad_alloc.
    virtual std::string_view name() const noexcept;
    virtual void set_name(std::string_view name);
    virtual std::source_location location() const noexcept { return {}; }
    /// Which coroutine it will go on in; only while it does not run.
    std::source_location function() const noexcept {
        return at_ ? at_.head().function : std::source_location();
    }

    void run() noexcept final;
    const job* as_job() const noexcept final { return this; }
    /// run(); false if the job has ended, and may be gone.
    bool step() noexcept;

protected:
    /// It sees the task-local values of its creator: of the running job, or of the thread outside one.
    explicit job(task_handle root, context values = context::current()) noexcept
        : at_(root), values_(std::move(values)) {}

    /// The coroutine has ended: takes its result, destroys its frame, which is now the callee's, and leaves
    /// the scope; null for one that was cancelled before it began. May delete the job.
    virtual void finish(task_handle root) noexcept = 0;

    /// For a job that has ended, and is kept for its result.
    void forget_values() noexcept {
        if (!values_.empty()) [[unlikely]]
            values_ = context();
    }

    /// For finish(): leaves the scope and tells it how the job ended; `error` is null unless the job threw.
    void leave_scope(bool cancelled, const std::exception_ptr* error) noexcept;
    /// The same for a result whose state is `how`, as take_from_root() has given it.
    template <class T>
    void leave_scope(result_state how, const result<T>& out) noexcept {
        leave_scope(how == result_state::cancelled, how == result_state::error ? out.thrown() : nullptr);
    }

private:
    friend suspension;
    friend wait;
    friend scope;
    friend context;
    friend class task_tree;

    // Why waits throw.
    static constexpr std::uint8_t cancelled = 1;
    static constexpr std::uint8_t interrupted = 2;

    bool resume() noexcept;
    void end() noexcept;
    void stop_with(std::uint8_t why) noexcept;
    void forget_name() noexcept;
    void drop_unbegun() noexcept;
    bool owns(const job& one) const noexcept;

    task_handle at_;  // where to resume: the root, until it has begun; null once that is gone
    scope* scope_;    // set by it
    suspension* wait_ = nullptr;
    context values_;  // task-local
    bool began_ = false;
    std::uint8_t stop_ = 0;
    bool passing_on_ = false;  // the wait is being told to stop, and tells others
    bool has_name_ = false;    // in the scheduler's table
    std::uint32_t born_ms_;    // scheduler::turn_ms() when it started
};

/// Owns jobs until they have ended.
class SKEIN_API scope {
public:
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;

    /// Takes the job in and puts it at the end of the ready queue.
    void start(job& child) noexcept;
    void cancel_children() noexcept;
    /// For a scope that ends: cancels the children that are there; once these have ended, those that they
    /// have started meanwhile, and so on. To be called after each turn until no child is left; true if it has
    /// begun a round.
    bool cancel_in_rounds() noexcept;
    bool has_children() const noexcept { return children_.next_ != &children_; }
    std::size_t count_children() const noexcept;

protected:
    scope() noexcept { children_.previous_ = children_.next_ = &children_; }
    virtual ~scope();

    /// A child has ended and is no longer in the scope; `error` is null unless it threw.
    virtual void child_done(bool cancelled, const std::exception_ptr* error) noexcept = 0;

private:
    friend job;
    friend class task_tree;
    /// The job that does not end before its children have; null if there is none.
    virtual const job* owner() const noexcept { return nullptr; }
    job_links children_;
};

/// What is told to the exception handler: what happened, and the exception.
using exception_handler = std::function<void(std::string_view context, std::exception_ptr error)>;

/// Told of each step, for who watches how long they take.
class step_watch {
public:
    /// `one` is null for a callback.
    virtual void step_begins(const job* one) noexcept = 0;
    virtual void step_ends() noexcept = 0;

protected:
    step_watch() noexcept = default;
    virtual ~step_watch() = default;
};

class SKEIN_API scheduler {
public:
    using now_function = clock::time_point (*)() noexcept;

    /// Makes itself the scheduler of this thread; throws std::logic_error if there is one.
    explicit scheduler(now_function read_now);
    ~scheduler();
    scheduler(const scheduler&) = delete;
    scheduler& operator=(const scheduler&) = delete;

    void push(ready_node& node) noexcept { ready_.push(node); }
    void push_all(waiters& list) noexcept { ready_.push_all(list); }

    /// One turn: reads the clock, fires the deadlines that are due, then runs what is ready, up to a budget,
    /// so that I/O gets its share. True if something is still ready.
    bool turn() noexcept;
    /// How much a turn runs at most.
    static constexpr int steps_per_turn = 256;

    /// Between two turns, for what should not wait until all of I/O was looked at: reads the clock, then runs
    /// what is ready, up to the same budget.
    void run_ready() noexcept;

    /// The parts of a turn, for a simulation, which chooses the order: first the clock and the deadlines...
    void begin_turn() noexcept;
    /// ... then one of what is ready at a time, which is taken from here: run() follows.
    ready_queue& ready() noexcept { return ready_; }

    /// The time as this turn knows it.
    clock::time_point now() const noexcept { return now_; }
    /// When it began, as a stamp of four bytes: it begins again after 49 days.
    std::uint32_t turn_ms() const noexcept { return turn_ms_; }
    /// Counts the turns: the loop polls for I/O between two of them.
    std::uint64_t turn_number() const noexcept { return turn_number_; }
    /// Reads the clock: for durations that a program asks for, which must not begin in the past.
    clock::time_point read_clock() noexcept { return now_ = read_now_(); }

    deadline_queue& deadlines() noexcept { return deadlines_; }
    scope& background() noexcept { return background_; }
    /// Where the main task is: for dump_tasks(). Null while there is none.
    void set_main_scope(const scope* main) noexcept { main_scope_ = main; }
    /// Starts a job that belongs to the loop itself.
    void start_background(job& child) noexcept;
    /// To be called when a background job starts where there was none: by a loop that need not run for less.
    void set_on_background(void (*callback)() noexcept) noexcept { on_background_ = callback; }

    /// Tells the exception handler, or standard error if there is none.
    void report(std::string_view context, const std::exception_ptr& error) noexcept;
    void set_exception_handler(exception_handler handler) { handler_ = std::move(handler); }

    /// Null for none. It outlives the scheduler's last turn.
    void set_step_watch(step_watch* watch) noexcept { watch_ = watch; }
    /// Whether tasks that are dropped without having been awaited are reported.
    bool debug() const noexcept { return debug_; }
    void set_debug(bool on) noexcept { debug_ = on; }

private:
    friend job;
    friend class task_tree;
    class background_scope final : public scope {
        void child_done(bool, const std::exception_ptr*) noexcept override {}
    };

    bool run_queue() noexcept;
    void run_watched(ready_node& node) noexcept;

    ready_queue ready_;
    clock::time_point now_;
    std::uint64_t turn_number_ = 0;
    std::uint32_t turn_ms_;
    now_function read_now_;
    deadline_queue deadlines_;
    background_scope background_;
    const scope* main_scope_ = nullptr;
    std::unordered_map<const job*, std::string> names_;  // of jobs that do not keep their own
    void (*on_background_)() noexcept = nullptr;
    exception_handler handler_;
    step_watch* watch_ = nullptr;
    bool debug_ = false;
    bool reporting_ = false;
};

[[noreturn]] SKEIN_API void throw_cannot_wait();
[[noreturn]] SKEIN_API void throw_no_loop(const char* what);

/// The scheduler of this thread. Throws std::logic_error, naming `what`, if no loop runs here.
inline scheduler& current_scheduler(const char* what) {
    if (auto* current = this_kernel.scheduler) [[likely]]
        return *current;
    throw_no_loop(what);
}

inline context& context::slot() noexcept {
    return this_kernel.job != nullptr ? this_kernel.job->values_ : of_thread();
}

inline const context& context::current() noexcept {
    return slot();
}

inline void job::leave_scope(bool was_cancelled, const std::exception_ptr* error) noexcept {
    previous_->next_ = next_;
    next_->previous_ = previous_;
    scope_->child_done(was_cancelled, error);
}

inline void scope::start(job& child) noexcept {
    auto& scheduler = *this_kernel.scheduler;
    child.scope_ = this;
    child.born_ms_ = scheduler.turn_ms();
    child.previous_ = std::exchange(children_.previous_, &child);
    child.previous_->next_ = &child;
    child.next_ = &children_;
    scheduler.push(child);
}

inline void scheduler::start_background(job& child) noexcept {
    if (on_background_ != nullptr) [[unlikely]]
        if (!background_.has_children()) on_background_();
    background_.start(child);
}

inline void suspension::check() {
    const job* current = this_kernel.job;
    if (current == nullptr || current->must_stop()) [[unlikely]]
        throw_cannot_wait();
}

inline void suspension::suspend_in(waiters& list, task_handle at) noexcept {
    job& current = *this_kernel.job;
    current.at_ = at;
    current.wait_ = this;
    list.add(current);
}

inline void wait::suspend(task_handle at) noexcept {
    job_ = this_kernel.job;
    job_->at_ = at;
    job_->wait_ = this;
}

inline void wait::wake() noexcept {
    assert(job_ != nullptr && job_->wait_ == this);
    job_->wait_ = nullptr;
    this_kernel.scheduler->push(*job_);
    job_ = nullptr;
}

}  // namespace skein::detail
