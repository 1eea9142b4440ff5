// SIGINT while a loop runs. The first one becomes a call from the loop. It also gives the signal its default
// action back (SA_RESETHAND), so that the second one ends the process at once, even if the loop is blocked.
#pragma once

#include <uv.h>

namespace skein::loop {

class sigint {
public:
    /// Takes the signal, if its disposition is the default one: `callback` will be called from the loop, with
    /// the handle, whose data is the context, and which does not keep the loop running. False if it was not
    /// taken.
    bool take(uv_loop_t& loop, void* context, void (*callback)(uv_async_t*)) noexcept;

    /// Gives the signal back, unless somebody else has taken it since, and closes the handle. True if a
    /// signal came.
    bool give_back() noexcept;

private:
    uv_async_t wake_{};
    bool taken_ = false;
};

}  // namespace skein::loop
