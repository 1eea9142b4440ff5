"""Builds and runs the consumers against an installed skein, or with skein as a meson subproject.

Usage: run.py pkgconfig|cmake|subproject BUILD_ROOT SOURCE_ROOT static|shared|both -- COMPILER...
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77  # meson's exit code for a test that could not run here
HERE = pathlib.Path(__file__).resolve().parent
# program: what it says
EXPECTED = {"main": "127.0.0.1 1\n", "simulated": "2 1\n"}


def run(*command, **options):
    """Runs a command that must succeed; what it printed."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, text=True, check=False, **options)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}\nexit code {done.returncode}")
    return done.stdout


def install(build, folder, kind):
    """Installs the build below `folder`, as a packager would; the folder that holds skein.pc."""
    tags = "devel,doc" if kind == "static" else "devel,doc,runtime"
    run("meson", "install", "-C", build, "--no-rebuild", "--quiet", "--tags", tags, "--destdir", folder)
    module, = pathlib.Path(folder).rglob("skein.pc")
    if not list(pathlib.Path(folder).rglob("doc/skein/LICENSE")):
        sys.exit("the licence is not installed")
    # The module names the final prefix; this is the one step of a move that a packager does not do.
    text = module.read_text()
    prefix = next(line for line in text.splitlines() if line.startswith("prefix=")).removeprefix("prefix=")
    module.write_text(text.replace(f"prefix={prefix}\n", f"prefix={folder}{prefix}\n"))
    return module.parent, folder + prefix


def by_pkgconfig(build, _source, kind, compiler, folder):
    modules, _ = install(build, folder + "/root", kind)
    environment = dict(os.environ, PKG_CONFIG_PATH=f"{modules}:{os.environ.get('PKG_CONFIG_PATH', '')}")
    flags = run("pkg-config", "--cflags", "--libs", "skein", env=environment).split()
    for program in EXPECTED:
        run(*compiler, "-std=c++20", HERE / f"{program}.cpp", "-o", f"{folder}/{program}", *flags,
            f"-Wl,-rpath,{modules.parent}")
    return folder


def by_cmake(build, _source, kind, compiler, folder):
    if shutil.which("cmake") is None:
        print("there is no cmake here")
        sys.exit(SKIPPED)
    _, prefix = install(build, folder + "/root", kind)
    run("cmake", "-G", "Ninja", "-S", HERE, "-B", folder + "/build", f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_CXX_COMPILER={shutil.which(compiler[-1])}")
    run("cmake", "--build", folder + "/build")
    return folder + "/build"


def by_subproject(_build, source, kind, _compiler, folder):
    project = pathlib.Path(folder, "project")
    (project / "subprojects").mkdir(parents=True)
    (project / "subprojects" / "skein").symlink_to(source)
    for program in EXPECTED:
        shutil.copy(HERE / f"{program}.cpp", project)
    shutil.copy(HERE / "subproject.build", project / "meson.build")
    run("meson", "setup", folder + "/build", project, "--wrap-mode=nodownload", "--buildtype=plain",
        f"--default-library={kind}")
    run("ninja", "-C", folder + "/build")
    return folder + "/build"


def main():
    way, build, source, kind = sys.argv[1:5]
    with tempfile.TemporaryDirectory(prefix="skein-consumer-") as folder:
        programs = globals()["by_" + way](build, source, kind, sys.argv[6:], folder)
        said = {program: run(f"{programs}/{program}") for program in EXPECTED}
    if said != EXPECTED:
        sys.exit(f"expected {EXPECTED!r}, got {said!r}")


if __name__ == "__main__":
    main()
