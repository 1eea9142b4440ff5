// Runs one program of the pages: the argument says where it stands.
#include "documents.hpp"

#include <cstdio>
#include <cstring>
#include <iostream>

namespace documents {

namespace {
constinit const entry* first = nullptr;
}

entry::entry(const char* where, void (*program)()) : where_(where), program_(program), next_(first) {
    first = this;
}

int run(const char* where) {
    for (const entry* one = first; one != nullptr; one = one->next_) {
        if (std::strcmp(one->where_, where) != 0) continue;
        one->program_();
        return 0;
    }
    std::fprintf(stderr, "no program at %s\n", where);
    return 2;
}

}  // namespace documents

int main(int argc, char** argv) {
    std::cout << std::unitbuf;  // so that it mixes with standard error as it was printed
    return argc == 2 ? documents::run(argv[1]) : 2;
}
