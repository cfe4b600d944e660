#pragma once

#include <string>
#include <vector>

#include "bench/signal_load.hpp"
#include "bench/signal_reference.hpp"

namespace offhook::bench {

// What is measured, and under which conditions.
void print_signal_conditions(const SignalLoad& load);
void print_signal_heading();
void print_signal_round(const SignalFigures& figures);
void print_signal_reference(const SignalReference& reference);
// What DTLS adds at each rate, and the goal.
void print_signal_summary(const std::vector<SignalFigures>& rounds);

// Ends the program where the file cannot be written.
void write_signal_json(const std::string& path, const std::vector<SignalFigures>& rounds,
                       const std::vector<SignalReference>& references);

}  // namespace offhook::bench
