// Owns what a connection is made of, layer by layer: bytes to the peer, then secrecy.
#include "client/connect.hpp"

#include "client/dial.hpp"
#include "client/secure.hpp"
#include "client/tell.hpp"

#include <skein/detail/recycler.hpp>

#include <memory>
#include <string>
#include <utility>

namespace skein::client {

task<> open_connection(sending& s, lease& into) {
    tell_if_traced(s, trace_kind::connection_create_start);
    const url& to = s.request().url;
    const endpoint origin{std::string(to.host_without_brackets()), to.port()};
    auto stream = co_await dial(s, origin);
    auto facts = std::allocate_shared<connection_facts>(detail::recycling_allocator<connection_facts>());
    facts->peer = stream->peer();
    if (to.is_secure()) stream = co_await secure(s, std::move(stream), s.trust(), origin, *facts);
    tell_if_traced(s, trace_kind::connection_create_end, facts->peer);
    into.fill(std::move(stream), std::move(facts));
}

}  // namespace skein::client
