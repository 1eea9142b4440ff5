// What a program did, and whether the promises of the kernel were kept meanwhile. Knows the operations by
// their effects only; runs nothing itself.
#pragma once

#include "program.hpp"

#include <cstdint>
#include <exception>
#include <map>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace programs {

/// What programs throw.
struct test_error : std::runtime_error {
    explicit test_error(int n) : std::runtime_error("error " + std::to_string(n)) {}
};

/// An exception in few words; null is "value".
std::string describe(const std::exception_ptr& error);

/// One line of the log: what happened to a body, when.
struct event {
    std::int64_t ns;
    int body;
    std::string what;
    int job = 0;  // the body that is the root of the job
};

/// How a run went.
struct report {
    std::vector<event> log;
    std::set<std::string> differences;  // from asyncio, that the run came across: docs/differences.md
    std::vector<std::string> failures;  // of the kernel
    std::size_t operations = 0;
    bool waited_for_ever = false;  // until the limit that the player sets
    bool stuck = false;            // does not even end when cancelled: this process can play no more
};

class watcher {
public:
    /// An operation in progress.
    struct step {
        const operation& what;
        int body;
        int job;       // the body that is the root of the job
        bool stopped;  // the job had been cancelled before
        std::int64_t began_ns;
        std::uint64_t turn = 0;         // in the order of wake-ups; 0: unknown
        std::int64_t deadline_ns = -1;  // of a timeout
        std::uint64_t arrived = 0;      // in a line: after how many events
    };

    explicit watcher(const body& program);

    // ---- bodies

    /// The body is the root of a job that is put into the ready queue now (or, if not `queued`, some time).
    void create(int id, bool queued = true);
    void begin(int id, int job);
    /// Null if it ended with a value.
    void end(int id, const std::exception_ptr& error);
    /// The scope that owned the body has returned.
    void close(int id);
    bool has_ended(int id) const { return bodies_.at(id).ended; }
    /// How it ended; "cancelled" if it never began.
    const std::string& outcome(int id) const { return bodies_.at(id).outcome; }
    /// What its owner gets of it: its id as the value, or what it threw.
    std::string result(int id) const { return outcome(id) == "value" ? std::to_string(id) : outcome(id); }
    /// A scope of which at most `limit` bodies may be under way hands over the outcome that comes after so
    /// many others.
    void check_completed(std::span<const body> of, std::size_t others, std::size_t limit,
                         const std::string& what);

    // ---- operations

    step start(const operation& one, int body, int job);
    /// `said` goes to the log: what the operation gave, if it did not throw.
    void finish(const step& one, const std::exception_ptr& error, const std::string& said);

    // ---- the order of wake-ups: first in, first out

    /// The step goes to the end of the ready queue now.
    void push(step& one) { one.turn = ++pushed_; }
    void await_task(step& one, int id) { bodies_.at(id).waiting.push_back(&one); }
    void await_promise(step& one, int number) { promises_[number].push_back(&one); }
    /// The promise was set: its waiters are pushed in their order.
    void wake_promise(int number) { push_all(promises_[number]); }
    void await_event(step& one, int number) { events_[number].push_back(&one); }
    void set_event(int number) { push_all(events_[number]); }
    /// The wait is over, however.
    void leave(step& one);

    // ---- lines: whoever waits for the same operation on the same object is served in order

    void arrive(step& one);
    void serve(step& one);
    std::size_t in_line(kind what, int number) { return lines_[{what, number}].size(); }
    /// At most `most` may be inside at once.
    void enter(const step& one, int most);
    void exit(const step& one) { --inside_[key_of(one)]; }
    /// A sleep to the deadline begins.
    void sleep(step& one) { one.turn = ++slept_; }

    void cancel(int id);
    void differ(const std::string& from_asyncio) { report_.differences.insert(from_asyncio); }
    void fail(int id, const std::string& what);
    void frame_made() { ++frames_; }
    void frame_gone() { --frames_; }
    /// The end of the run.
    report take_report();

private:
    struct body_record {
        bool is_job = false;
        bool begun = false;
        bool ended = false;
        bool closed = false;
        bool failed = false;  // not by its own job's cancellation
        bool saw_cancel = false;
        std::uint64_t turn = 0;
        std::int64_t cancelled_ns = -1;
        std::int64_t ended_ns = -1;
        std::size_t end_order = 0;
        std::string outcome = "cancelled";
        std::vector<step*> waiting;
        int job = 0;
    };

    using line_key = std::pair<kind, int>;
    static line_key key_of(const step& one) { return {one.what.what, one.what.number}; }
    void add_bodies(const body& one);
    void push_all(std::vector<step*>& waiting);
    void check_turn(int id, std::uint64_t turn);
    void check_cancelled(const step& one, const std::string& outcome);
    void check_gather(const step& one);
    void check_first(const step& one, const std::string& outcome);
    std::vector<int> in_order_of_ending(std::span<const body> of) const;
    void check_time(const step& one, const std::string& outcome);
    void say(int id, std::string what);

    report report_;
    std::map<int, body_record> bodies_;
    std::map<int, std::vector<step*>> promises_;
    std::map<int, std::vector<step*>> events_;
    std::map<line_key, std::vector<step*>> lines_;
    std::map<line_key, int> inside_;
    std::uint64_t happened_ = 0;
    std::uint64_t pushed_ = 0;
    std::uint64_t last_turn_ = 0;
    std::uint64_t slept_ = 0;
    std::pair<std::int64_t, std::uint64_t> last_sleep_{-1, 0};
    int frames_ = 0;
    std::size_t ended_ = 0;
    bool shields_;  // the program has work that a cancel does not end at once
};

}  // namespace programs
