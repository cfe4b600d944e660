#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/world.hpp"

namespace offhook::sim {

// Things at random in a world, one after the other or at once: calls in and out, people who answer,
// decline, hold, transfer, take each other's calls over and hang up, connections that drop, a provider that dies, a media process that is killed,
// and (with an even seed) a network that loses, doubles and reorders. Whatever happens, in the end
// nothing is left, every call has its record, and the telephone works.
class Chaos {
 public:
  // Opens the world's pages. `seed`: of what happens; the world has its own.
  Chaos(World& world, std::uint64_t seed);

  // One after the other, with pauses of up to 4 s.
  void make_trouble(int steps);
  // Ends all faults, lets everybody hang up, and has everybody call once more. What is wrong then,
  // in words.
  [[nodiscard]] std::vector<std::string> make_peace();

 private:
  void step();
  void dial(Browser& page);
  void hold(Browser& page);
  void transfer(Browser& page);
  void take_over(Browser& page);
  [[nodiscard]] std::string any_number();
  [[nodiscard]] static bool is_busy(const Browser& page);
  // Another page with a call that it has made, if this one has it.
  [[nodiscard]] Browser* caller_beside(const Browser& page);
  [[nodiscard]] std::uint16_t refusal();
  void look_for_leaks();
  void expect_to_work(Browser& page);

  World& world_;
  SeededRandom random_;
  std::vector<Browser*> pages_;
  bool provider_is_dead_ = false;
  std::optional<Time> legs_without_call_since_;
  std::vector<std::string> wrong_;
};

}  // namespace offhook::sim
