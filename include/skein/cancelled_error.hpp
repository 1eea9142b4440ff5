// What a cancelled task sees.
#pragma once

namespace skein {

/// Thrown by a wait in a task that has been cancelled, at this wait and at every later one. Not a
/// std::exception: `catch (const std::exception&)` cannot swallow a cancellation, as Python's `except
/// Exception` cannot. Let it pass; clean up with RAII, with_cleanup or shield.
struct cancelled_error final {};

}  // namespace skein
