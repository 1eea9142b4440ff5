// What holds with every server: each function is the body of a test, for the server that it is given.
#pragma once

#include "site.hpp"

#include <skein/skein.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace live {

/// The whole text of a GET.
skein::task<std::string> fetch(skein::client_session& session, std::string url);

/// Every method, and bodies of all sizes, reach the application as they were sent; its answers come back.
/// `base` is where the application is: site.plain("") and the like.
void methods_and_bodies_go_up(const site& at, const std::string& base);
/// Bodies of all sizes come down as they are, with their length and in chunks, and HEAD has none.
void bodies_come_down(const site& at, const std::string& base);
/// Files of all sizes, HEAD, ranges, conditions, and what does not exist.
void files_arrive(const site& at, const std::string& base);
/// Redirects are followed by the rules of their status.
void redirects_are_followed(const site& at, const std::string& base);
/// Cookies are set, sent back where they belong, and gone when they have expired.
void cookies_are_kept(const site& at, const std::string& base);
/// Errors of the application are responses.
void failures_are_told(const site& at, const std::string& base);
/// A body that is cut short is an error, and harms nobody else.
void cut_bodies_are_told(const site& at, const std::string& base,
                         std::vector<const char*> ways = {"sized", "chunked"});
/// 200 requests at once over 10 connections: each gets its own answer.
void many_share_few_connections(const site& at, const std::string& base);
/// A body that comes a byte at a time.
void slow_bodies_arrive(const site& at, const std::string& base);
/// A body of 10 MiB that is refused while it is sent, with 413 or that status; the session goes on.
void refused_upload_is_a_response(const site& at, std::string_view method, const std::string& url,
                                  int or_status = 413);
/// Connections end after `most` requests, and no request fails by that, not even a POST.
void limits_of_requests_are_kept(const site& at, const std::string& base, unsigned most);
/// The server closes what is idle: it is not used again, and no request fails by that.
void idle_limits_are_kept(const site& at, const std::string& base);

}  // namespace live
