// Owns what a connection is made of, layer by layer: bytes to the peer, on whatever way, then secrecy.
#include "client/connection/connect.hpp"

#include "client/connection/dial.hpp"
#include "client/connection/proxy_connect.hpp"
#include "client/connection/route.hpp"
#include "client/connection/secure.hpp"
#include "client/report/tell.hpp"

#include <skein/detail/recycler.hpp>

#include <memory>
#include <string>
#include <utility>

namespace skein::client {

task<open_stream> open(sending& s) {
    const proxy* const p = via(s.request());
    tell_if_traced(s, trace_kind::connection_create_start);
    const url& to = s.request().url;
    const endpoint origin{std::string(to.host_without_brackets()), to.port(), false,
                          std::string(bare_socket(s.request()))};
    auto facts = std::allocate_shared<connection_facts>(detail::recycling_allocator<connection_facts>());
    auto way = p != nullptr ? connect_through(s, *p, origin, *facts) : dial(s, origin);
    auto stream = co_await way;
    facts->peer = stream->peer();
    if (to.is_secure())
        stream = co_await secure(s, std::move(stream), s.trust(), origin, *facts, !is_raw(s.request()));
    tell_if_traced(s, trace_kind::connection_create_end, facts->peer);
    open_stream made;
    made.bytes = std::move(stream);
    made.facts = std::move(facts);
    co_return made;
}

}  // namespace skein::client
