// The resolver seam: names to addresses.
#pragma once

#include <skein/ip_address.hpp>
#include <skein/task.hpp>

#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace skein::net {

class resolver {
public:
    resolver() = default;
    resolver(const resolver&) = delete;
    resolver& operator=(const resolver&) = delete;
    virtual ~resolver() = default;

    /// The addresses of a host name, in the order in which to try them; never empty. May know of the family
    /// only that it need not look for the others. *Cancellation:* at once; a lookup that runs is abandoned,
    /// not waited for. *Throws:* resolve_error, without a port; std::system_error.
    virtual task<std::vector<ip_address>> resolve(std::string host, address_family family) = 0;
};

/// What somebody who blocks has found out about a name.
struct lookup_answer {
    std::vector<ip_address> found = {};
    std::string failure = {};  // in words; empty: there was none
    std::error_code code = {};
};
/// Called in threads, several at once. An exception that it throws is a failure.
using lookup_function = std::function<lookup_answer(const std::string& host, address_family family)>;

/// Asks somebody who blocks. Each lookup runs on a thread of its own, not on libuv's pool: one that hangs
/// blocks neither other lookups nor file work, nor the end of the loop or of the process. Of those that run,
/// abandoned ones included, there are at most `most_threads`; the rest waits in line.
std::unique_ptr<resolver> make_thread_resolver(lookup_function ask, unsigned most_threads);

/// Asks the system (getaddrinfo). One for all threads.
resolver& system_resolver();
inline constexpr unsigned most_system_lookups = 64;

}  // namespace skein::net
