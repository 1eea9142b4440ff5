// Plays a program with skein's operations.
#pragma once

#include "meeting_places.hpp"
#include "program.hpp"
#include "watcher.hpp"

#include <skein/future.hpp>
#include <skein/task_group.hpp>
#include <skein/timeout.hpp>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace programs {

class interpreter {
public:
    interpreter(const body& program, watcher& watch) : program_(program), watch_(watch) {}

    /// The whole program. It gets no more time than that; to be used up only by one that waits for ever.
    skein::task<> play(std::int64_t limit_ns);
    /// After play() and everything in the background: what the handles say must be what has happened.
    void check_handles();

private:
    /// Where in the program an operation is.
    struct place {
        int job = 0;  // the body that is the root of the running job
        skein::timeout_scope* timeout = nullptr;
        watcher::step* timeout_step = nullptr;
        skein::task_group* group = nullptr;
        const skein::detail::job* group_owner = nullptr;
        std::vector<int>* group_members = nullptr;

        /// In a task that may outlive what is around it.
        place outside() const {
            place other;
            other.job = job;
            return other;
        }
    };
    /// One more or less frame that is alive.
    class frame_count {
    public:
        explicit frame_count(watcher& watch) : watch_(&watch) { watch.frame_made(); }
        frame_count(frame_count&& other) noexcept : watch_(std::exchange(other.watch_, nullptr)) {}
        ~frame_count() {
            if (watch_ != nullptr) watch_->frame_gone();
        }

    private:
        watcher* watch_;
    };
    /// Says that a scope has returned, however it does.
    class closing {
    public:
        closing(watcher& watch, const operation& scope, const std::vector<int>* more = nullptr)
            : watch_(watch), scope_(scope), more_(more) {}
        closing(const closing&) = delete;
        closing& operator=(const closing&) = delete;
        ~closing() {
            for (const auto& one : scope_.bodies) watch_.close(one.id);
            if (more_ == nullptr) return;
            for (const int id : *more_) watch_.close(id);
        }

    private:
        watcher& watch_;
        const operation& scope_;
        const std::vector<int>* more_;
    };

    /// The step is among those that wait for something, until this goes.
    class waiting {
    public:
        waiting(watcher& watch, watcher::step& one) : watch_(watch), one_(one) {}
        waiting(const waiting&) = delete;
        waiting& operator=(const waiting&) = delete;
        ~waiting() { watch_.leave(one_); }

    private:
        watcher& watch_;
        watcher::step& one_;
    };

    skein::task<int> run(const body& one, place at) { return run_body(one, at, frame_count(watch_)); }
    skein::task<int> run_body(const body& one, place at, frame_count counted);
    skein::task<int> root_of_job(const body& one, place at);
    std::vector<skein::task<int>> roots_of_jobs(std::span<const body> bodies, std::size_t limit, place at);
    void check_value(int value, int expected) {
        if (value != expected) watch_.fail(expected, "gave the value of another");
    }

    skein::task<> step(const operation& one, const body& in, place at);
    // Each gives what to say in the log; nothing if it is not worth a line.
    skein::task<std::string> perform(watcher::step& now, place at);
    skein::task<std::string> perform_simple(watcher::step& now, place at);
    skein::task<std::string> perform_try(const operation& one, place at);
    skein::task<std::string> perform_many(const operation& one, place at);
    skein::task<std::string> perform_first(const operation& one, place at);
    skein::task<std::string> perform_as_completed(const operation& one, place at);
    skein::task<std::string> perform_scope(watcher::step& now, place at);
    skein::task<std::string> perform_handle(watcher::step& now);
    skein::task<std::string> perform_promise(watcher::step& now);
    skein::task<std::string> perform_sync(watcher::step& now, place at);
    skein::task<> perform_inside(watcher::step& now, place at);
    skein::task<> perform_condition(watcher::step& now);
    skein::task<std::string> perform_queue(watcher::step& now);
    skein::task<int> perform_timeout(watcher::step& now, place at);
    skein::task<int> perform_group(const operation& one, place at);
    std::string spawn(const operation& one, place at);
    std::string group_spawn(const operation& one, place at);

    const body& program_;
    watcher& watch_;
    std::map<int, skein::future<int>> handles_;
    std::map<int, skein::promise<int>> promises_;
    meeting_places places_;
};

/// Plays a program on a stage of its own, and looks at everything.
report play(const body& program);

}  // namespace programs
