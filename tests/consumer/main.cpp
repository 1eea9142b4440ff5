// A user's program, as small as it can be: the headers are found, the library links, and what is called
// answers.
#include <skein/error.hpp>

#include <iostream>

int main() {
    std::cout << skein::to_string(skein::phase::dns) << '\n';
}
