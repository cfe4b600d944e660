#include "bench/media_options.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "base/text.hpp"
#include "bench/process.hpp"

namespace offhook::bench {
namespace {

constexpr std::size_t kCallsOfStandIn = 32;

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

std::size_t parse_count(const std::string& name, const std::string& text) {
  const auto number = parse_decimal<std::uint16_t>(text);
  if (!number || *number == 0) give_up(name + " wants a number from 1, not \"" + text + "\"");
  return *number;
}

std::vector<std::size_t> parse_calls(const std::string& text) {
  constexpr std::size_t kMost = 2'000;  // legs of an engine, ports of a range
  std::vector<std::size_t> calls;
  for (const std::string& part : split(text)) {
    calls.push_back(parse_count("--calls", part));
    if (calls.back() > kMost) give_up("--calls: 2000 at most");
  }
  return calls;
}

std::string parse_suite(const std::string& text) {
  if (text == "gcm128") return "SRTP_AEAD_AES_128_GCM";
  if (text == "gcm256") return "SRTP_AEAD_AES_256_GCM";
  if (text == "cm80") return "SRTP_AES128_CM_SHA1_80";
  if (text == "cm32") return "SRTP_AES128_CM_SHA1_32";
  give_up("--suite wants gcm128, gcm256, cm80 or cm32, not \"" + text + "\"");
}

TrunkSockets parse_sockets(const std::string& text) {
  if (text == "connected") return TrunkSockets::Connected;
  if (text == "unconnected") return TrunkSockets::Unconnected;
  if (text == "one") return TrunkSockets::One;
  give_up("--forwarder-sockets wants connected, unconnected or one, not \"" + text + "\"");
}

std::vector<std::string> parse_targets(const std::string& text) {
  auto targets = split(text);
  for (const std::string& target : targets) {
    if (target != "offhook" && target != "rtpengine" && target != "forwarder" && target != "sip") {
      give_up("--targets wants offhook, rtpengine, forwarder or sip, not \"" + target + "\"");
    }
  }
  return targets;
}

}  // namespace

const char* media_help() {
  return R"(script/bench media [OPTIONS]: what a relayed packet costs, beside peers that do the same.

  --calls N,...         100,300,600,1000 without it
  --targets NAME,...    forwarder,rtpengine,offhook without it; each takes its turn in each round;
                        also sip: the whole of Offhook, set up by SIP over WebSocket, with the
                        provider stand-in's echo (32 calls at most, which is all it has)
  --rounds N            3 without it
  --seconds N           that are measured of each round, 10 without it; 2 more warm up
  --tick MICROSECONDS   packets leave together at each tick; without it each at its own moment, as
                        evenly as can be
  --suite NAME          gcm128 (without it), gcm256, cm80 or cm32
  --retries N           of a round in which others used more than 3 % of the target's CPU, 0 without it
  --priority realtime|normal
                        of load and targets alike; realtime without it: a machine that does other
                        work disturbs less
  --forwarder-sockets connected|unconnected|one
                        of the bare forwarder towards the far ends: a pair a call, connected as
                        offhook-media's are (without it) or not, or one for all
  --media-options TEXT  more options for offhook-media
  --rtpengine-options TEXT
                        and for rtpengine
  --json FILE           everything that was measured
)";
}

MediaOptions parse_media_options(const std::vector<std::string>& words) {
  MediaOptions options;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const std::string& name = words[i];
    if (name == "--help") {
      std::fputs(media_help(), stdout);
      std::exit(0);
    }
    if (i + 1 == words.size()) give_up(name + " wants a value, or is none of\n" + media_help());
    const std::string& value = words[i + 1];
    if (name == "--calls") {
      options.calls = parse_calls(value);
    } else if (name == "--targets") {
      options.targets = parse_targets(value);
    } else if (name == "--rounds") {
      options.rounds = parse_count(name, value);
    } else if (name == "--seconds") {
      options.window = std::chrono::seconds(parse_count(name, value));
    } else if (name == "--retries") {
      options.retries = parse_count(name, value);
    } else if (name == "--tick") {
      options.tick = std::chrono::microseconds(parse_count(name, value));
    } else if (name == "--suite") {
      options.suite = parse_suite(value);
    } else if (name == "--priority") {
      options.realtime = value == "realtime";
    } else if (name == "--forwarder-sockets") {
      options.target.trunk_sockets = parse_sockets(value);
    } else if (name == "--media-options") {
      options.target.extra = value;
    } else if (name == "--rtpengine-options") {
      options.target.rtpengine_extra = value;
    } else if (name == "--json") {
      options.json = value;
    } else {
      give_up("unknown option " + name + "\n" + media_help());
    }
  }
  const bool through_sip = std::ranges::count(options.targets, "sip") > 0;
  if (through_sip && std::ranges::max(options.calls) > kCallsOfStandIn) {
    give_up("the stand-in has 32 calls at most: --targets sip wants --calls 32 or fewer");
  }
  return options;
}

}  // namespace offhook::bench
