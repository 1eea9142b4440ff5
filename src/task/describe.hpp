// Words for what the kernel knows: for dump_tasks() and for reports.
#pragma once

#include <skein/clock.hpp>
#include <skein/detail/scheduler.hpp>

#include <exception>
#include <source_location>
#include <string>
#include <string_view>

namespace skein::detail {

/// Appends as many digits as tell something: "1.5 s", "250 ms", "2 h 5 min"; nothing below a millisecond.
void append_duration(std::string& out, clock::duration d);

/// Appends a task as a reader knows it: task "name", or by where it was created, or just "a task".
void describe_job(const job& of, std::string& out);

/// The name of a function without its result, parameters and template arguments:
/// "task<int> ns::f(int) [with T = long]" is "ns::f".
std::string_view short_function_name(std::string_view full) noexcept;

/// The last part of a path.
std::string_view file_name_of(std::string_view path) noexcept;

/// What an exception says of itself.
std::string words_of(const std::exception_ptr& error);

/// Appends "function (file:line)", or nothing for an empty location.
void append_function(std::string& out, const std::source_location& where);

}  // namespace skein::detail
