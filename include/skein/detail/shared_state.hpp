// What a future refers to: a result to come, and who waits for it.
#pragma once

#include <skein/detail/copyable.hpp>
#include <skein/detail/recycler.hpp>
#include <skein/detail/result.hpp>
#include <skein/detail/scheduler.hpp>
#include <skein/task.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

namespace skein::detail {

/// Who is told when a result is there: the jobs that wait for it, and the callbacks.
class SKEIN_API shared_state {
public:
    shared_state(const shared_state&) = delete;
    shared_state& operator=(const shared_state&) = delete;

    waiters& waiting() noexcept { return waiting_; }

protected:
    shared_state() noexcept = default;
    ~shared_state() = default;  // never destroyed through this base

    /// Calls back at once, from the ready queue, if the result is there.
    void add_callback(std::function<void()> callback, bool done);
    void notify() noexcept {
        if (auto* scheduler = this_kernel.scheduler) [[likely]]
            scheduler->push_all(waiting_);
        else
            call_back_without_loop();
    }

private:
    void call_back_without_loop() noexcept;

    waiters waiting_;
};

/// Tells the exception handler; standard error if no loop runs any more.
SKEIN_API void report_unretrieved(const char* what, std::string_view name, std::source_location where,
                                  std::exception_ptr error) noexcept;
SKEIN_API void describe_promise(std::string& out);
SKEIN_API void describe_future_of(const job& of, std::string& out);

SKEIN_API std::exception_ptr make_broken_promise();
SKEIN_API void report_broken_elsewhere() noexcept;
[[noreturn]] SKEIN_API void throw_wrong_thread(const char* what);
[[noreturn]] SKEIN_API void throw_no_state();
[[noreturn]] SKEIN_API void throw_awaits_itself();

template <class T>
class promise_state;
template <class T>
class future_job;

/// A result to come, of a promise or of a job. There is no third, so a bit that says which stands for a table
/// of virtual functions, which would cost 8 bytes a task and some time.
template <class T>
class state_of : public shared_state {
public:
    result_state state() const noexcept { return result_.state(); }
    bool done() const noexcept { return state() != result_state::pending; }
    bool has_value() const noexcept { return result_.has_value(); }

    /// False if done already. The state of a job is done only when the job has ended.
    bool cancel() noexcept {
        if (done()) return false;
        if (is_of_job())
            job_of().job::cancel();
        else
            promise_of().set_cancelled();
        return true;
    }
    void add_callback(std::function<void()> callback) {
        shared_state::add_callback(std::move(callback), done());
    }
    /// True if the running job is the one whose result this is: it would wait for itself.
    bool is_running_job() const noexcept { return is_of_job() && this_kernel.job == &job_of(); }
    /// Appends what it is the result of: for dump_tasks().
    void describe(std::string& out) const {
        if (is_of_job())
            describe_future_of(job_of(), out);
        else
            describe_promise(out);
    }

    // Counted by its handles, on one thread; the loop's on a job is one.
    void add_reference() noexcept { ++references_; }
    void release() noexcept {
        if (--references_ == 0) destroy();
    }
    bool has_one_handle() const noexcept { return references_ == 1; }
    void mark_retrieved() noexcept { flags_ |= retrieved; }

    /// Whether this thread may change or await it: made inside a loop, or awaited in one, it belongs to the
    /// thread of that loop.
    bool is_ours() const noexcept { return owner_ == this_kernel.thread || owner_ == 0; }
    /// Throws std::logic_error, naming `what`, if it is pending and another thread's.
    void check_thread(const char* what) const {
        if (!is_ours() && !done()) [[unlikely]]
            throw_wrong_thread(what);
    }
    /// The running job will wait for it.
    void adopt(const char* what) {
        if (owner_ == this_kernel.thread) [[likely]]
            return;
        if (owner_ != 0) throw_wrong_thread(what);
        owner_ = this_kernel.thread;
    }

    /// Copies the value where it can be copied and `may_move` is false. Throws the error.
    T retrieve(bool may_move) {
        mark_retrieved();
        if constexpr (std::is_void_v<T>) {
            result_.get();
        } else if constexpr (is_copyable_v<T>) {
            if (!may_move) return result_.get();
            return result_.take();
        } else {
            return result_.take();
        }
    }
    std::exception_ptr error() {
        if (!done()) throw_result_pending();
        mark_retrieved();
        return result_.error();
    }

protected:
    static constexpr std::uint8_t of_job = 1;
    static constexpr std::uint8_t retrieved = 2;
    explicit state_of(std::uint8_t flags) noexcept : flags_(flags) {}
    ~state_of() = default;

    /// The error that nobody has asked for; null if there is none.
    const std::exception_ptr* unretrieved() const noexcept {
        return (flags_ & retrieved) != 0 ? nullptr : result_.thrown();
    }

    [[no_unique_address]] result<T> result_;  // whose tail has room for what follows

private:
    bool is_of_job() const noexcept { return (flags_ & of_job) != 0; }
    future_job<T>& job_of() noexcept { return static_cast<future_job<T>&>(*this); }
    const future_job<T>& job_of() const noexcept { return static_cast<const future_job<T>&>(*this); }
    promise_state<T>& promise_of() noexcept { return static_cast<promise_state<T>&>(*this); }
    void destroy() noexcept {
        if (is_of_job())
            delete &job_of();
        else
            delete &promise_of();
    }

    std::uint8_t flags_;
    std::uint16_t owner_ = this_kernel.loop_thread;
    std::uint32_t references_ = 1;
};

/// The state behind a promise.
template <class T>
class promise_state final : public state_of<T>, public recycled {
public:
    promise_state() noexcept : state_of<T>(0) {}
    ~promise_state() {
        if (const auto* error = this->unretrieved())
            report_unretrieved("exception of a promise that nobody awaited", {}, {}, *error);
    }
    template <class... Args>
    bool set_value(Args&&... args) {
        if (this->done()) return false;
        this->check_thread("promise::set_value()");
        this->result_.set_value(std::forward<Args>(args)...);
        this->notify();
        return true;
    }
    bool set_error(std::exception_ptr error) {
        if (this->done()) return false;
        this->check_thread("promise::set_exception()");
        this->result_.set_error(std::move(error));
        this->notify();
        return true;
    }
    /// While pending.
    void set_cancelled() noexcept {
        this->result_.set_cancelled();
        this->notify();
    }
};

/// A job whose result is shared: what create_task makes.
template <class T>
class future_job final : public state_of<T>, public job, public recycled {
public:
    future_job(task_handle root, std::source_location where) noexcept
        : state_of<T>(state_of<T>::of_job), job(root), where_(where) {}
    ~future_job() override {
        if (const auto* error = this->unretrieved()) [[unlikely]]
            report_unretrieved("exception of a task that nobody awaited", name(), where_, *error);
    }
    std::string_view name() const noexcept override {
        return name_ != nullptr ? std::string_view(*name_) : std::string_view();
    }
    std::source_location location() const noexcept override { return where_; }
    void set_name(std::string_view name) override { name_ = std::make_unique<std::string>(name); }

private:
    void finish(task_handle root) noexcept override {
        const auto how = take_from_root(this->result_, root);
        leave_scope(how, this->result_);
        forget_values();
        this_kernel.scheduler->push_all(this->waiting());
        this->release();
    }

    const std::source_location where_;
    std::unique_ptr<std::string> name_;  // apart: most have none
};

}  // namespace skein::detail
