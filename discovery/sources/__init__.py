"""discovery/sources"""
