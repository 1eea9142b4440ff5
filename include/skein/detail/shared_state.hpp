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

/// Who is told when a result is there, and whether anybody has asked for it.
class SKEIN_API shared_state {
public:
    shared_state(const shared_state&) = delete;
    shared_state& operator=(const shared_state&) = delete;

    virtual result_state state() const noexcept = 0;
    /// False if done already. The state of a job is done only when the job has ended.
    virtual bool cancel() noexcept = 0;
    /// True if the running job is the one whose result this is: it would wait for itself.
    virtual bool is_running_job() const noexcept { return false; }
    /// Appends what it is the result of: for dump_tasks().
    virtual void describe(std::string& out) const = 0;

    bool done() const noexcept { return state() != result_state::pending; }
    /// The jobs that wait for the result, and the callbacks.
    waiters& waiting() noexcept { return waiting_; }
    void add_callback(std::function<void()> callback);

protected:
    shared_state() noexcept = default;
    virtual ~shared_state() = default;

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

/// What create_task() is told of a task: where it was called, and perhaps a name.
struct task_label {
    std::string name;
    std::source_location where;
};
SKEIN_API std::exception_ptr make_broken_promise();
SKEIN_API void report_broken_elsewhere() noexcept;
[[noreturn]] SKEIN_API void throw_wrong_thread(const char* what);
[[noreturn]] SKEIN_API void throw_no_state();
[[noreturn]] SKEIN_API void throw_awaits_itself();

template <class T>
class state_of : public shared_state {
public:
    result_state state() const noexcept final { return result_.state(); }
    bool done() const noexcept { return result_.state() != result_state::pending; }

    // Counted by its handles, on one thread.
    void add_reference() noexcept { ++references_; }
    void release() noexcept {
        if (--references_ == 0) destroy();
    }
    bool has_one_handle() const noexcept { return references_ == 1; }
    void mark_retrieved() noexcept { retrieved_ = true; }

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
        if (result_.state() == result_state::pending) throw_result_pending();
        mark_retrieved();
        return result_.error();
    }

protected:
    virtual void destroy() noexcept = 0;
    bool retrieved() const noexcept { return retrieved_; }

    [[no_unique_address]] result<T> result_;  // whose tail has room for what follows

private:
    bool retrieved_ = false;
    std::uint16_t owner_ = this_kernel.loop_thread;
    std::uint32_t references_ = 1;
};

/// The state behind a promise.
template <class T>
class promise_state final : public state_of<T>, public recycled {
public:
    bool cancel() noexcept override {
        if (this->done()) return false;
        this->result_.set_cancelled();
        this->notify();
        return true;
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

    void describe(std::string& out) const override { describe_promise(out); }

private:
    void destroy() noexcept override {
        if (!this->retrieved() && this->result_.thrown())
            report_unretrieved("exception of a promise that nobody awaited", {}, {}, this->result_.thrown());
        delete this;
    }
};

/// A job whose result is shared: what create_task makes.
template <class T>
class future_job final : public state_of<T>, public job, public recycled {
public:
    /// Throws std::logic_error for an empty task.
    future_job(task<T>&& work, std::string_view name, std::source_location where)
        : future_job(std::move(work), where) {
        if (!name.empty()) set_name(name);
    }
    ~future_job() override {
        if (!has_label_) return;
        has_label_ = false;
        delete label_;
    }
    bool cancel() noexcept override {
        if (this->done()) return false;
        job::cancel();
        return true;
    }
    bool is_running_job() const noexcept override { return this_kernel.job == this; }
    std::string_view name() const noexcept override {
        return has_label_ ? std::string_view(label_->name) : std::string_view();
    }
    std::source_location location() const noexcept override { return has_label_ ? label_->where : where_; }
    void set_name(std::string_view name) override {
        if (has_label_) {
            label_->name = name;
        } else {
            label_ = new task_label{std::string(name), where_};
            has_label_ = true;
        }
    }
    void describe(std::string& out) const override { describe_future_of(*this, out); }

private:
    future_job(task<T>&& work, std::source_location where) : job(work.release()), where_(where) {}
    void finish(task_handle root, bool began) noexcept override {
        take_from_root(this->result_, root, began);
        leave_scope(this->result_.state() == result_state::cancelled, this->result_.thrown());
        forget_values();
        this->notify();
        this->release();
    }
    void destroy() noexcept override {
        if (!this->retrieved() && this->result_.thrown())
            report_unretrieved("exception of a task that nobody awaited", name(), location(),
                               this->result_.thrown());
        delete this;
    }

    union {  // `has_label_` says which
        std::source_location where_;
        task_label* label_;
    };
};

}  // namespace skein::detail
