"""discovery/walk"""
