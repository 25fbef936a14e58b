from kong.mock.metrics.exposition import Family, render

FAMILIES = {
    "up": Family("It runs", "gauge"),
    "latency": Family("Time", "histogram"),
}


def test_samples_are_sorted_and_each_metric_has_its_comments_once() -> None:
    assert render([('up{a="2"}', 2), ("other", 1), ('up{a="1"}', 1)], FAMILIES) == (
        "kong_other 1\n"
        "# HELP kong_up It runs\n"
        "# TYPE kong_up gauge\n"
        'kong_up{a="1"} 1\n'
        'kong_up{a="2"} 2\n'
    )


def test_a_histogram_has_comments_before_its_buckets_whose_bounds_are_numbers() -> None:
    keys = ["00001.0", "00010.0", "60000.0", "Inf"]
    samples = [(f'latency_bucket{{a="x",le="{bound}"}}', 1.0) for bound in keys]
    text = render([('latency_sum{a="x"}', 0.25), ('latency_count{a="x"}', 1), *samples], FAMILIES)
    assert text == (
        "# HELP kong_latency Time\n"
        "# TYPE kong_latency histogram\n"
        'kong_latency_bucket{a="x",le="1"} 1\n'
        'kong_latency_bucket{a="x",le="10"} 1\n'
        'kong_latency_bucket{a="x",le="60000"} 1\n'
        'kong_latency_bucket{a="x",le="+Inf"} 1\n'
        'kong_latency_count{a="x"} 1\n'
        'kong_latency_sum{a="x"} 0.25\n'
    )
