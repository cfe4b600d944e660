#include "bench/signal_options.hpp"

#include <cstdio>
#include <cstdlib>

#include "bench/process.hpp"

namespace offhook::bench {
namespace {

constexpr const char* kHelp =
    R"(script/bench signal [OPTIONS]: what a call costs in signalling, WebSocket to trunk.

  --rate N          calls a second; without it 50, 100, 200, ... until it is not clean
  --seconds S       for so long, 15 without it
  --hold SECONDS    from the answer to the BYE, 0.1 without it; then each call is sent sound, too
  --dtls without|with|both
                    rounds in which browsers do ICE only, in which they do DTLS, too, or one of each
                    (without it)
  --reference       also the same rate through Kamailio as a stateful proxy, from SIPp to SIPp
  --json FILE       everything that was measured
)";

double parse_number(const std::string& name, const std::string& text, double least, double most) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || *end != '\0' || !(number >= least && number <= most)) {
    give_up(name + " wants a number from " + std::to_string(least) + " to " + std::to_string(most) +
            ", not \"" + text + "\"");
  }
  return number;
}

void parse_dtls(SignalOptions& options, const std::string& text) {
  if (text != "without" && text != "with" && text != "both") {
    give_up("--dtls wants without, with or both, not \"" + text + "\"");
  }
  options.without_dtls = text != "with";
  options.with_dtls = text != "without";
}

}  // namespace

SignalOptions parse_signal_options(const std::vector<std::string>& words) {
  SignalOptions options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& name = words[i];
    if (name == "--help") {
      std::fputs(kHelp, stdout);
      std::exit(0);
    }
    if (name == "--reference") {
      options.reference = true;
      continue;
    }
    if (++i == words.size()) give_up(name + " wants a value, or is none of\n" + kHelp);
    const std::string& value = words[i];
    if (name == "--rate") {
      options.rate = parse_number(name, value, 1, 10'000);
    } else if (name == "--seconds") {
      options.length =
          std::chrono::seconds(static_cast<std::int64_t>(parse_number(name, value, 1, 86'400)));
    } else if (name == "--hold") {
      options.hold = std::chrono::milliseconds(
          static_cast<std::int64_t>(1'000 * parse_number(name, value, 0, 3'600)));
    } else if (name == "--dtls") {
      parse_dtls(options, value);
    } else if (name == "--json") {
      options.json = value;
    } else {
      give_up("unknown option " + name + "\n" + kHelp);
    }
  }
  return options;
}

}  // namespace offhook::bench
