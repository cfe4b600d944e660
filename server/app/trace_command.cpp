#include <cstdio>

#include "app/commands.hpp"
#include "app/server_query.hpp"
#include "app/trace_text.hpp"

namespace offhook::app {

int show_trace(const TraceCommand& command) {
  const bool is_list = command.call.empty() && command.trunk.empty();
  const std::string path = is_list                 ? "/api/calls"
                           : command.trunk.empty() ? "/api/calls/" + command.call + "/trace"
                                                   : "/api/trunks/" + command.trunk + "/trace";
  const auto answer = ask_server(command.settings, path);
  if (!answer) return answer.error();
  const std::string text =
      is_list ? calls_text(*answer) : trace_text(*answer, command.show_messages);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

}  // namespace offhook::app
