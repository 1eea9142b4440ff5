// Programs as data: trees of asynchronous operations. Made by generate.hpp, or read as JSON; run by
// interpreter.hpp. tests/differential runs the same JSON with CPython's asyncio.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace programs {

enum class kind : std::uint8_t {
    sleep,           // ns
    yield,           //
    fail,            // throws test_error(number)
    call,            // bodies[0], awaited: no task of its own
    try_errors,      // bodies[0]; bodies[1] if it threw a std::exception, which ends there
    try_cancelled,   // the same for cancelled_error
    spawn,           // create_task(bodies[0]), the handle under its id
    group_spawn,     // the same in the innermost group of the text
    await_task,      // the handle `number`
    await_shielded,  // the handle `number`, in shield()
    wait_for_task,   // the handle `number`, at most ns
    cancel,          // the handle `number`
    gather,          // bodies, at most `number` at once (0: no limit)
    settle,          // the same
    first,           // bodies, all at once
    as_completed,    // the first half of the bodies, at most `number` % 4 at once (0: no limit); of the other
                     // half, each with one outcome, in the order in which those come; ends after `number` / 4
                     // (0: all)
    wait_for,        // bodies[0], at most ns
    timeout,         // the same with with_timeout()
    reschedule,      // the innermost timeout of the text, to ns from now
    shield,          // bodies[0], as a task
    cleanup,         // bodies[0], then bodies[1]
    group,           // bodies[0] in a task group
    await_promise,   // promise `number`
    set_promise,     //
    break_promise,   // set_exception(test_error(number))
    cancel_promise,  //
    wait_event,      // event `number`
    set_event,       //
    clear_event,     //
    with_lock,       // bodies[0], with mutex `number`
    with_permit,     // bodies[0], with one of two permits of semaphore `number`
    wait_condition,  // condition `number`, each with a mutex of its own that is held for no other wait
    notify_one,      //
    notify_all,      //
    put,             // the id of the body into queue `number`, which has room for two
    get,             //
    pass_barrier,    // barrier `number`, of two parties
};

inline constexpr std::array<std::string_view, 37> kind_names{
    "sleep",         "yield",          "fail",       "call",           "try_errors",    "try_cancelled",
    "spawn",         "group_spawn",    "await_task", "await_shielded", "wait_for_task", "cancel",
    "gather",        "settle",         "first",      "as_completed",   "wait_for",      "timeout",
    "reschedule",    "shield",         "cleanup",    "group",          "await_promise", "set_promise",
    "break_promise", "cancel_promise", "wait_event", "set_event",      "clear_event",   "with_lock",
    "with_permit",   "wait_condition", "notify_one", "notify_all",     "put",           "get",
    "pass_barrier"};

inline std::string_view name_of(kind what) {
    return kind_names.at(static_cast<std::size_t>(what));
}

struct operation;

/// A coroutine. It runs at most once, and gives its id.
struct body {
    int id = 0;
    std::vector<operation> operations;
};

struct operation {
    kind what{};
    int number = 0;
    std::int64_t ns = 0;
    std::vector<body> bodies;
};

nlohmann::json to_json(const body& one);
/// Throws nlohmann's exceptions, and std::invalid_argument for an operation that does not exist or has the
/// wrong number of bodies.
body from_json(const nlohmann::json& text);

/// How many operations there are, at all depths.
std::size_t size_of(const body& one);
/// Whether one of that kind is in it, at any depth.
bool has(const body& one, kind what);

}  // namespace programs
