// A user's program: the headers are found, the library links with everything below it, and what is called
// answers.
#include <skein/skein.hpp>

#include <iostream>

skein::task<> ask_nobody() {
    skein::session_options options;
    options.tls = skein::tls_context::insecure();
    skein::client_session session(std::move(options));
    try {
        auto response = co_await session.get("https://127.0.0.1:1/");
    } catch (const skein::connect_error& e) {
        std::cout << e.host() << ' ' << e.port() << '\n';
    }
}

int main() {
    skein::run(ask_nobody());
}
