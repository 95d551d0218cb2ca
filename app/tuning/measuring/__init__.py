"""How good a tuning is: questions, answers, scores, reports, comparisons."""
