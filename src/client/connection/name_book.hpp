// What a session knows of host names: addresses that the program has fixed, those of lookups that are over,
// and lookups that are under way, which all who ask for the name share. Knows no request.
#pragma once

#include <skein/clock.hpp>
#include <skein/ip_address.hpp>
#include <skein/session_options.hpp>

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace skein::client {

/// The addresses, beginning with others the next time: each family goes round by itself, so that the
/// resolver's choice of the family to try first stays.
std::vector<ip_address> rotated(const std::vector<ip_address>& all, std::size_t by);

class name_book {
public:
    /// *Lifetime:* the options stay where they are.
    explicit name_book(const connector_options& options);
    name_book(const name_book&) = delete;
    name_book& operator=(const name_book&) = delete;
    ~name_book();

    /// What the program says of a host, or of this port of it; null: nothing.
    const std::vector<ip_address>* fixed(std::string_view host, std::uint16_t port) const;
    /// What is remembered; each time it begins with another address.
    std::optional<std::vector<ip_address>> remembered(std::string_view host);
    bool is_looked_up(std::string_view host) const noexcept { return lookups_.contains(host); }
    /// Waits for the lookup that is under way, or a new one. When nobody waits for it any more it is given
    /// up. *Cancellation:* at once; the last who waits sees the lookup end. *Throws:* what the resolver
    /// throws; cancelled_error; std::logic_error where a resolver of the program's would wait for itself.
    task<std::vector<ip_address>> look_up(std::string host);
    /// The loop ends: its clock means nothing to the next one.
    void forget_all() noexcept;

    std::uint64_t hits() const noexcept { return hits_; }
    std::uint64_t misses() const noexcept { return misses_; }

private:
    class lookup;
    class waiting;
    struct entry {
        std::string host;
        std::vector<ip_address> addresses;
        clock::time_point expires;
        std::size_t uses = 0;
    };
    using entry_place = std::list<entry>::iterator;

    static task<std::vector<ip_address>> wait_for(name_book& self, std::string host);
    lookup& lookup_of(const std::string& host);
    void forget_lookup(const lookup& one) noexcept;
    void remember(const std::string& host, const std::vector<ip_address>& addresses);
    void forget(entry_place which) noexcept;

    const connector_options& options_;
    std::map<std::string, std::vector<ip_address>, std::less<>> fixed_;
    std::map<std::string, lookup*, std::less<>> lookups_;
    std::list<entry> entries_;  // the oldest first
    std::unordered_map<std::string_view, entry_place> places_;
    std::uint64_t hits_ = 0;
    std::uint64_t misses_ = 0;
};

}  // namespace skein::client
