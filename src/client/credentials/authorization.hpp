// The Authorization header, hop by hop: Digest and netrc. Only for requests that have an
// `authorization`, as those do that ask for one of the two or whose session does.
#pragma once

#include <filesystem>
#include <memory>

namespace skein::http {
class netrc;
}

namespace skein::http1 {
struct response_head;
}

namespace skein::client {

class sending;

/// Puts the Authorization of a new hop among the fields: an answer to a challenge that was met before, or
/// what netrc has for the host. Takes away the one that was made for the hop before.
void authorize(sending& s);

/// Looks at a response. True if it is a challenge that was answered: the request is to be sent again, as it
/// stands now.
bool answer_challenge(sending& s, const http1::response_head& head);

/// Reads the file; the user's own (NETRC, else ~/.netrc) if `file` is empty. Null if there is none of the
/// user's own. *Throws:* as session_options::netrc says.
std::unique_ptr<const http::netrc> load_netrc(const std::filesystem::path& file);

}  // namespace skein::client
