// What holds through every proxy: each function is the body of a test, for the way that it is given.
#pragma once

#include "behaviour.hpp"

#include <doctest/doctest.h>

#include <string>

namespace live {

/// Squid, in front of the application.
site& squid();

/// What all servers do, over a way to the application that passes requests on as they are.
inline void requests_go_through(const skein::proxy& p, const std::string& base) {
    CAPTURE(p.to_string());
    CAPTURE(base);
    site way;
    way.lead_to(application(), p);
    methods_and_bodies_go_up(way, base);
    bodies_come_down(way, base);
    redirects_are_followed(way, base);
    cookies_are_kept(way, base);
    failures_are_told(way, base);
    slow_bodies_arrive(way, base);
    many_share_few_connections(way, base);
}

/// What one request through a proxy came to: the text of its body, or "STATUS of HOST" of a proxy_error.
inline std::string outcome_through(const skein::proxy& p, const std::string& url) {
    skein::client_session session(application().options());
    const auto body = [&]() -> skein::task<std::string> {
        try {
            auto got = co_await session.get(url).proxy(p);
            CHECK(got.report().via == p.to_string());
            co_return co_await got.text();
        } catch (const skein::proxy_error& e) {
            CHECK(e.host() == p.host());
            CHECK(e.port() == p.port());
            co_return std::to_string(e.status());
        }
    };
    return skein::run(body);
}

/// The fields that the application has heard of in a request through a proxy.
inline std::string heard_through(const skein::proxy& p, const std::string& base) {
    return outcome_through(p, base + "/heard");
}

/// Through the proxy with the right login; not with a wrong one, nor with none. No login reaches the origin.
inline void logins_are_asked_for(const std::string& scheme, const std::string& at,
                                 const std::string& refusal) {
    const std::string right = scheme + "://user:passw0rd@" + at;
    const std::string wrong = scheme + "://user:other@" + at;
    const std::string none = scheme + "://" + at;
    for (const std::string& base : {application().plain(""), application().secure("")}) {
        CAPTURE(base);
        CHECK(outcome_through(right, base + "/bytes/4096") == content(4096));
        const std::string heard = heard_through(right, base);
        CHECK(heard.find("Host") != heard.npos);
        CHECK(heard.find("Authorization") == heard.npos);
        CHECK(heard.find("authorization") == heard.npos);
        CHECK(outcome_through(wrong, base + "/bytes/1") == refusal);
        CHECK(outcome_through(none, base + "/bytes/1") == refusal);
    }
}

}  // namespace live
