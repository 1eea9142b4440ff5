// What is kept of TLS connections that have been, so that the next ones to the same peer can go on from
// there. Knows keys and their order of use, not what is kept: that is session_box's.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace skein::tls {

class session_box;

/// A box for each of the peers that were asked for last. One thread only.
class session_cache {
public:
    static constexpr std::size_t most_peers = 128;
    /// Of all peers together: those that were not asked for longest lose theirs.
    static constexpr std::size_t most_sessions = 4096;

    /// The box of a peer. `key` has to say everything that decides whom a connection believes and what it
    /// shows of us: a session is offered to whoever comes with the same key. The box may outlive the cache.
    std::shared_ptr<session_box> at(std::string_view key);

private:
    struct peer {
        std::string key;
        std::shared_ptr<session_box> box;
    };

    std::shared_ptr<std::size_t> total_ = std::make_shared<std::size_t>(0);
    std::list<peer> peers_;  // the latest first
    std::unordered_map<std::string_view, std::list<peer>::iterator> by_key_;
};

}  // namespace skein::tls
