#include <csignal>
#include <variant>

#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "base/overloaded.hpp"
#include "io/standard_descriptors.hpp"

int main(int argc, char** argv) {
  using namespace offhook;
  io::fill_standard_descriptors();
  // Where nobody reads our output any more, that is no reason to drop calls.
  ::signal(SIGPIPE, SIG_IGN);
  return std::visit(
      Overloaded{[](const app::ServeCommand& command) { return app::serve(command); },
                 [](const app::SignalCommand& command) { return app::run_signal(command); },
                 [](const app::ProviderCommand& command) { return app::run_provider(command); },
                 [](const app::StatusCommand& command) { return app::show_status(command); },
                 [](const app::TraceCommand& command) { return app::show_trace(command); },
                 [](const app::Exit& exit) { return exit.status; }},
      app::parse_command_line(argc, argv));
}
