"""What the API processes of one installation keep together for a while, in Redis. May import domain/ alone.

Nothing here is the only copy of anything: each part answers, from this process alone, when Redis is away or not set.
"""
